//! Open connections by client: how many one may have, and which one is closed for another.
//!
//! A connection that says nothing is not yet a request, so no allowance of requests counts it. A client beyond its number
//! loses its own oldest connection without a request under way: it can keep itself busy, and no other client.

use super::peer::client_network;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The open connections of all clients.
#[derive(Debug)]
pub(super) struct Clients {
    most: usize,
    /// By client, the oldest first.
    open: Mutex<BTreeMap<IpAddr, Vec<Arc<Slot>>>>,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Slot {
    requests: AtomicUsize,
    evicted: Notify,
}

impl Slot {
    /// Notes that a request is under way, until the guard is dropped.
    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.requests.fetch_add(1, Ordering::SeqCst);
        Busy(Arc::clone(self))
    }

    fn is_idle(&self) -> bool {
        self.requests.load(Ordering::SeqCst) == 0
    }

    /// Waits until the connection has to make room for another.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct Busy(Arc<Slot>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An admitted connection; it counts until this is dropped.
#[derive(Debug)]
pub(super) struct Admission {
    clients: Arc<Clients>,
    client: IpAddr,
    slot: Arc<Slot>,
}

impl Admission {
    /// Gives the connection.
    pub(super) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.slot)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.clients.lock();
        if let Some(slots) = open.get_mut(&self.client) {
            slots.retain(|slot| !Arc::ptr_eq(slot, &self.slot));
            if slots.is_empty() {
                open.remove(&self.client);
            }
        }
    }
}

impl Clients {
    /// Counts connections, at most so many of one client.
    pub(super) fn new(most: usize) -> Self {
        Self { most, open: Mutex::default() }
    }

    /// Admits a connection of this address; one beyond the client's number closes the client's oldest idle one. None where
    /// each of them has a request under way.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admission> {
        let client = client_network(address);
        let mut open = self.lock();
        let slots = open.entry(client).or_default();
        if slots.len() >= self.most && !evict_oldest(slots) {
            return None;
        }
        let slot = Arc::<Slot>::default();
        slots.push(Arc::clone(&slot));
        Some(Admission { clients: Arc::clone(self), client, slot })
    }

    /// Closes an idle connection of the client that has the most: all together are as many as there may be.
    pub(super) fn make_room(&self) {
        let mut open = self.lock();
        let mut by_number: Vec<_> = open.values_mut().collect();
        by_number.sort_by_key(|slots| std::cmp::Reverse(slots.len()));
        by_number.into_iter().any(evict_oldest);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IpAddr, Vec<Arc<Slot>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the oldest connection that has no request under way, if there is one.
fn evict_oldest(slots: &mut Vec<Arc<Slot>>) -> bool {
    let Some(at) = slots.iter().position(|slot| slot.is_idle()) else { return false };
    slots.remove(at).evicted.notify_one();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn clients(most: usize) -> Arc<Clients> {
        Arc::new(Clients::new(most))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect(text)
    }

    async fn is_evicted(admission: &Admission) -> bool {
        tokio::time::timeout(Duration::from_millis(1), admission.slot().evicted()).await.is_ok()
    }

    #[tokio::test]
    async fn one_connection_too_many_closes_the_clients_own_oldest_idle_one() {
        let clients = clients(3);
        let other = clients.admit(address("192.0.2.9")).expect("another client");
        let mut own: Vec<_> = (0..3).filter_map(|_| clients.admit(address("192.0.2.1"))).collect();
        let busy = own[0].slot().busy();
        own.push(clients.admit(address("192.0.2.1")).expect("the newest"));
        for (at, evicted) in [(0, false), (1, true), (2, false), (3, false)] {
            assert_eq!(is_evicted(&own[at]).await, evicted, "{at}");
        }
        assert!(!is_evicted(&other).await);
        let requests = [own[2].slot().busy(), own[3].slot().busy()];
        assert!(clients.admit(address("192.0.2.1")).is_none(), "each has a request under way");
        drop((busy, requests));
        assert!(clients.admit(address("192.0.2.1")).is_some());
        drop((own, other));
        assert!(clients.lock().is_empty(), "nobody who has gone is remembered");
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_client_and_a_mapped_address_is_itself() {
        let clients = clients(1);
        for (one, other, same) in [
            ("2001:db8::1", "2001:db8::2", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("::ffff:192.0.2.7", "192.0.2.7", true),
            ("::ffff:192.0.2.7", "::ffff:192.0.2.8", false),
        ] {
            let first = clients.admit(address(one)).expect(one);
            let _second = clients.admit(address(other)).expect(other);
            assert_eq!(is_evicted(&first).await, same, "{one} {other}");
        }
    }

    #[tokio::test]
    async fn where_all_is_full_the_client_with_the_most_makes_room() {
        let clients = clients(8);
        let few = clients.admit(address("192.0.2.1")).expect("one");
        let many: Vec<_> = (0..4).filter_map(|_| clients.admit(address("192.0.2.2"))).collect();
        clients.make_room();
        assert!(is_evicted(&many[0]).await && !is_evicted(&few).await);
        let _busy: Vec<_> = many.iter().map(|it| it.slot().busy()).collect();
        clients.make_room();
        assert!(is_evicted(&few).await, "requests that are under way are not broken off");
        clients.make_room();
    }
}
