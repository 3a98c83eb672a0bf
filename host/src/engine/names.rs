//! Names of the contract's enums where people read them.

use crate::contract::recipients::Field;
use crate::contract::transport::Stage;

impl Field {
    /// Name of the header field.
    pub fn header(self) -> &'static str {
        match self {
            Self::To => "To",
            Self::Cc => "Cc",
            Self::Bcc => "Bcc",
            Self::ReplyTo => "Reply-To",
        }
    }
}

impl Stage {
    /// Name as an administrator knows them.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::AfterDot => "after the final dot",
            Self::Token => "token",
            Self::Folder => "folder",
            Self::Command => "command",
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}
