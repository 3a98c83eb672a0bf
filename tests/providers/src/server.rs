//! A server on loopback, and the faults it can be told to have.

use crate::http::{Reply, Request};
use std::collections::VecDeque;
use std::io::{BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Bytes of a huge body.
const HUGE: usize = 24 * 1024 * 1024;

/// What happens to a request instead of, or after, what should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The request is read, ignored, and never answered.
    Hang,
    /// The request is read and ignored, the connection closed.
    Close,
    /// The request is obeyed; its answer is lost.
    LoseAnswer,
    /// This is the answer, and nothing is done.
    Say(Reply),
    /// Bytes that are no HTTP.
    Garbage,
    /// 200 with more body than anybody wants; nothing is done.
    Huge,
}

/// What a provider does with a request.
pub(crate) trait Provider: Send + Sync + 'static {
    fn answer(&self, request: &Request) -> Reply;
}

/// A provider that can be reached. It ends when this is dropped.
pub struct Server<P> {
    address: SocketAddr,
    provider: Arc<P>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    ended: AtomicBool,
    faults: Mutex<VecDeque<(String, Fault)>>,
    requests: Mutex<Vec<Request>>,
    connections: Mutex<Vec<TcpStream>>,
}

/// Starts a server for what is made, which is told its address.
pub(crate) fn start<P: Provider>(make: impl FnOnce(SocketAddr) -> P) -> Server<P> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let provider = Arc::new(make(address));
    let state = Arc::new(State::default());
    let (served, shared) = (Arc::clone(&provider), Arc::clone(&state));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if shared.ended.load(Ordering::SeqCst) {
                return;
            }
            let (served, shared) = (Arc::clone(&served), Arc::clone(&shared));
            shared.connections.lock().unwrap().extend(stream.try_clone());
            std::thread::spawn(move || converse(stream, served.as_ref(), &shared));
        }
    });
    Server { address, provider, state }
}

impl<P> Server<P> {
    /// Base URL, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next request whose method and path contain this (`"POST /v3/mail"`, `""` for any) meets this fault.
    pub fn fail_next(&self, where_: &str, fault: Fault) {
        self.state.faults.lock().unwrap().push_back((where_.to_owned(), fault));
    }

    /// Every request so far, those that were ignored included.
    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }
}

/// The provider itself.
impl<P> Deref for Server<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.provider
    }
}

impl<P> Drop for Server<P> {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that listens.
        let _ = TcpStream::connect(self.address);
        for connection in self.state.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

fn converse(mut stream: TcpStream, provider: &dyn Provider, state: &State) {
    let Ok(copy) = stream.try_clone() else { return };
    let mut reader = BufReader::new(copy);
    while let Some(request) = Request::read(&mut reader) {
        state.requests.lock().unwrap().push(request.clone());
        let at = format!("{} {}", request.method, request.path);
        let fault = {
            let mut faults = state.faults.lock().unwrap();
            let place = faults.iter().position(|(where_, _)| at.contains(where_));
            place.and_then(|place| faults.remove(place)).map(|(_, fault)| fault)
        };
        let reply = match fault {
            None => provider.answer(&request),
            Some(Fault::Say(reply)) => reply,
            Some(Fault::Huge) => Reply { body: vec![b' '; HUGE], ..Reply::empty(200) },
            // The connection stays open until the server ends.
            Some(Fault::Hang) => return,
            Some(Fault::LoseAnswer) => {
                provider.answer(&request);
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
            Some(fault) => {
                if fault == Fault::Garbage {
                    let _ = stream.write_all(b"\x00\x01\x02 this is no HTTP\r\n\r\n");
                }
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
        };
        if reply.write(&mut stream).is_err() {
            return;
        }
    }
    // The copies of it that are kept would hold it open.
    let _ = stream.shutdown(Shutdown::Both);
}
