//! Why a mail was not delivered, and whether sending again can be of use.

use super::model::BounceType;
use crate::domain::status::named;

named! {
    /// Why a server did not deliver; the most telling cause first.
    Cause, "cause", {
        /// The mailbox is full.
        MailboxFull = "mailbox-full",
        /// The message is too large.
        TooLarge = "too-large",
        /// Greylisted, or locked for a while.
        ComeBackLater = "come-back-later",
        /// The server refuses our own address.
        Sender = "sender",
        /// Only some may write there.
        Permission = "permission",
        /// The recipient has another address now.
        Moved = "moved",
        /// The server does not take mail for that domain.
        Relaying = "relaying",
        /// SPF, DKIM or DMARC.
        Authentication = "authentication",
        /// The sending host has no proper name.
        ReverseLookup = "reverse-lookup",
        /// The domain or address never accepts mail.
        NeverAccepts = "never-accepts",
        /// There is no such address.
        UnknownAddress = "unknown-address",
        /// The address is no longer in use.
        Disabled = "disabled",
        /// There is no such domain.
        UnknownHost = "unknown-host",
        /// Taken for spam, or the sender is on a list.
        Spam = "spam",
        /// The mailbox is not available, without any other reason.
        Unavailable = "unavailable",
        /// A rule of the server or of the recipient.
        Policy = "policy",
        /// Too many mails at once.
        RateLimited = "rate-limited",
        /// Tried for too long.
        Expired = "expired",
        /// The servers could not talk.
        Network = "network",
        /// Something broke.
        System = "system",
    }
}

impl Cause {
    /// Returns whether sending again may be of use.
    pub fn bounce_type(self) -> BounceType {
        match self {
            Self::Moved
            | Self::NeverAccepts
            | Self::UnknownAddress
            | Self::Disabled
            | Self::UnknownHost
            | Self::Unavailable => BounceType::Hard,
            Self::MailboxFull
            | Self::TooLarge
            | Self::ComeBackLater
            | Self::Sender
            | Self::Permission
            | Self::Relaying
            | Self::Authentication
            | Self::ReverseLookup
            | Self::Spam
            | Self::Policy
            | Self::RateLimited
            | Self::Expired
            | Self::Network
            | Self::System => BounceType::Soft,
        }
    }
}
