//! The export `composing`: conversions around the use cases, no decisions.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::composing as wit;
use crate::component::bindings::postroom::plugin::{attachments, types};
use crate::component::call;
use crate::component::convert::{
    address_out, argument_error, bytes_out, chunks_in, chunks_out, document_error_out, field_in, json_error,
    source_in, time_in,
};
use crate::component::imports::HostFiles;
use crate::domain::attachment::{Attachment, Role};
use crate::domain::compose::{Chunk, assemble};
use crate::domain::options::JobOptions;
use crate::flows::{self, ComposeError, InputError, Job, Message};
use base64::Engine as _;

impl wit::Guest for Component {
    fn compose(job: wit::Job) -> Result<wit::Message, wit::ComposeError> {
        let _call = call::begin();
        let sizes: Vec<_> = job.attachments.iter().map(|file| (file.handle, file.size)).collect();
        let job = job_in(job)?;
        let message = flows::compose(&job, &mut HostFiles).map_err(error_out)?;
        Ok(message_out(message, &sizes))
    }

    fn assemble(chunks: Vec<attachments::Chunk>, files: Vec<wit::File>) -> Result<Vec<u8>, u32> {
        let _call = call::begin();
        let in_hand = |handle| files.iter().find(|f| f.handle == handle).map(|f| f.content.as_slice());
        assemble(&chunks_in(chunks), in_hand)
    }
}

fn job_in(of: wit::Job) -> Result<Job, wit::ComposeError> {
    let wrong = |field: &str, detail: String| wit::ComposeError::Argument(argument_error(field, detail));
    let options = JobOptions::from_json(&of.options)
        .map_err(|fault| wit::ComposeError::Argument(json_error("options", fault)))?;
    let attachments = of.attachments.into_iter().enumerate();
    let attachments = attachments.map(|(index, file)| {
        let role = Role::named(&file.role).ok_or_else(|| {
            let detail = format!("\"{}\" is no role: use {}", file.role, Role::NAMES.join(", "));
            wrong(&format!("attachments[{index}].role"), detail)
        })?;
        let (handle, size) = (file.handle, file.size.into());
        Ok(Attachment { handle, file_name: file.file_name, media_type: file.media_type, size, role })
    });
    let recipients = of.recipients.into_iter();
    Ok(Job {
        id: of.id,
        now: time_in(&of.now).map_err(|detail| wrong("now", detail))?,
        document: source_in(of.document).map_err(|e| wit::ComposeError::Document(document_error_out(e)))?,
        use_case: of.use_case,
        language: of.language,
        settings: of.settings,
        sender: (of.sender.name, of.sender.address),
        recipients: recipients.map(|e| (field_in(e.field), e.address.name, e.address.address)).collect(),
        attachments: attachments.collect::<Result<_, _>>()?,
        format: options.format,
        portal: options.portal.map(|portal| (portal.view_url, portal.pdf_url)),
        edits: (options.edits.subject, options.edits.body),
        thread: options.thread.map(|thread| (thread.in_reply_to, thread.references)),
        automatic: options.automatic,
        mode: options.mode,
        insist: options.insist,
        pixel: options.pixel,
        return_path: options.return_path,
    })
}

pub(super) fn message_out(of: Message, sizes: &[(u32, u32)]) -> wit::Message {
    let composed = of.composed;
    let named = |handle: u32| composed.chunks.contains(&Chunk::Attachment(handle));
    let files = sizes.iter().filter(|(handle, _)| named(*handle));
    wit::Message {
        subject: of.rendered.subject,
        sender: address_out(&of.from),
        html: with_payment_code(of.rendered.html, of.rendered.payment_code.as_deref()),
        text: of.rendered.text,
        language: of.language.locale.to_string(),
        language_reason: of.language.reason.name().to_owned(),
        template: of.rendered.template,
        warnings: of
            .warnings
            .into_iter()
            .map(|w| types::Reason { code: w.code.to_owned(), detail: w.detail })
            .collect(),
        mail: wit::OutgoingMail {
            message_id: composed.message_id,
            envelope: wit::Envelope {
                mail_from: composed.envelope.mail_from.wire(),
                recipients: composed.envelope.recipients.iter().map(|a| a.wire()).collect(),
            },
            files: files.map(|(file, size)| wit::FileSize { file: *file, size: *size }).collect(),
            chunks: chunks_out(composed.chunks),
            size: bytes_out(composed.size),
            needs_smtputf8: composed.needs_smtputf8,
        },
    }
}

/// Inlines the payment code into the HTML: a preview is shown without the message around it.
fn with_payment_code(html: String, png: Option<&[u8]>) -> String {
    match png {
        Some(png) => {
            let data = base64::engine::general_purpose::STANDARD.encode(png);
            html.replace("cid:payment-code", &format!("data:image/png;base64,{data}"))
        }
        None => html,
    }
}

pub(super) fn error_out(of: ComposeError) -> wit::ComposeError {
    match of {
        ComposeError::Input(InputError::Document(e)) => wit::ComposeError::Document(document_error_out(e)),
        ComposeError::Input(InputError::Settings(e)) => {
            wit::ComposeError::Argument(json_error("settings", e))
        }
        ComposeError::Input(InputError::UseCase(e)) => {
            wit::ComposeError::Argument(argument_error("use-case", e.to_string()))
        }
        ComposeError::Template(e) => {
            wit::ComposeError::Template(wit::TemplateFault { name: e.name, line: e.line, detail: e.detail })
        }
        ComposeError::Attachment(e) => wit::ComposeError::Attachment(wit::AttachmentFault {
            rule: e.rule.name().to_owned(),
            file_name: e.file_name,
            detail: e.detail,
        }),
        ComposeError::Refused(e) => {
            wit::ComposeError::Refused(types::Reason { code: e.code.to_owned(), detail: e.detail })
        }
        ComposeError::Job { field, detail } => wit::ComposeError::Argument(argument_error(field, detail)),
    }
}
