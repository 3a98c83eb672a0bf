//! Why something is to be done next: the reason a user reads, and what they can do about it.

use super::facts::Action;
use crate::domain::reason::{Reason, reasons};

reasons! {
    /// Why something is to be done next with a mail.
    Why, {
        FirstAttempt = "first-attempt", "nothing was tried yet";
        NextAttempt = "next-attempt", "the next attempt is due";
        RemainingRecipients = "remaining-recipients", "some recipients were left for another attempt, which is due";
        ByFallback = "by-fallback", "the fallback takes the place of the account";
        ChosenTime = "chosen-time", "it is not to leave before the time that was chosen";
        RetryPause = "retry-pause", "the last attempt failed, and the next is not due yet";
        ServerAskedToWait = "server-asked-to-wait", "the server asked to wait before the next attempt";
        AccountQuota = "account-quota", "what its provider lets the account send is used up";
        AccountFault = "account-fault", "something is wrong with the account: it is tried again later";
        BeforeFallback = "before-fallback", "the account can't send, and the fallback is used once the patience is over";
        Held = "held", "it is held until somebody releases it or puts its account right";
        NeedsSignIn = "needs-sign-in", "somebody has to sign in to the account again";
        FallbackNeedsSignIn = "fallback-needs-sign-in", "somebody has to sign in to the fallback again, and the account can't send";
        AccountCompromised = "account-compromised", "the account is marked as compromised, and nothing is sent by it";
        AccountBroken = "account-broken", "the account can't send, and waiting alone does not mend it";
        FallbackForAccount = "fallback-for-account", "the account can't send: somebody decides whether the fallback may";
        FallbackForDelay = "fallback-for-delay", "the patience is over: somebody decides whether the fallback may send it";
        LookupPossible = "lookup-possible", "it is unknown whether it left, and it can be looked for where it would have been left";
        LookupImpossible = "lookup-impossible", "it is unknown whether it left, and looking for it can't tell";
        Left = "left", "it has left";
        NotAttempted = "not-attempted", "nothing was sent, since an argument of the program that sends is wrong";
        RefusedForGood = "refused-for-good", "it was refused for good";
        WindowOver = "window-over", "no server took it in time";
    }
}

/// The code of every reason.
pub const REASONS: &[&str] = Why::CODES;

/// The next thing to do, and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// Why; the code is one of [`REASONS`].
    pub reason: Reason,
}

impl Decision {
    pub(super) fn new(action: Action, why: Why) -> Self {
        Self { action, reason: why.into() }
    }
}
