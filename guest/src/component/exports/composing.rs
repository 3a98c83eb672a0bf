//! `composing`.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::composing as wit;
use crate::component::bindings::exports::postroom::plugin::recipients;
use crate::component::bindings::postroom::plugin::attachments;
use crate::component::call;
use crate::component::convert::{chunks_in, chunks_out, document_error_out, field_in, source_in, time_in};
use crate::component::imports::HostFiles;
use crate::domain::attachment::{Attachment, Format, Role};
use crate::domain::compose::assemble;
use crate::flows::{self, ComposeError, InputError, Job, Message, Mode};
use base64::Engine as _;

impl wit::Guest for Component {
    fn compose(job: wit::Job) -> Result<wit::Message, wit::ComposeError> {
        let _call = call::begin();
        #[cfg(feature = "misbehave")]
        if let Some(answer) = crate::component::misbehaviour::on_request(&job.use_case) {
            return Err(wit::ComposeError::UseCase(answer));
        }
        let job = job_in(job)?;
        flows::compose(&job, &mut HostFiles).map(message_out).map_err(error_out)
    }

    fn compose_tracked(job: wit::Job, pixel: String) -> Result<wit::Message, wit::ComposeError> {
        let _call = call::begin();
        let job = job_in(job)?;
        flows::compose_tracked(&job, &pixel, &mut HostFiles).map(message_out).map_err(error_out)
    }

    fn assemble(chunks: Vec<attachments::Chunk>, files: Vec<wit::File>) -> Result<Vec<u8>, u32> {
        let _call = call::begin();
        let in_hand = |handle| files.iter().find(|f| f.handle == handle).map(|f| f.content.as_slice());
        assemble(&chunks_in(chunks), in_hand)
    }
}

fn job_in(of: wit::Job) -> Result<Job, wit::ComposeError> {
    let wrong = |field: &str, detail: String| wit::ComposeError::Job((field.to_owned(), detail));
    let attachments = of.attachments.into_iter().enumerate();
    let attachments = attachments.map(|(index, file)| {
        let role = Role::named(&file.role).ok_or_else(|| {
            let detail = format!("\"{}\" is no role: use pdf, ubl, logo or added", file.role);
            wrong(&format!("attachments[{index}].role"), detail)
        })?;
        let (handle, size) = (file.handle, file.size);
        Ok(Attachment { handle, file_name: file.file_name, media_type: file.media_type, size, role })
    });
    let format = Format::named(&of.format).ok_or_else(|| {
        wrong("format", format!("\"{}\" is no format: use pdf, ubl, pdf+ubl, link or none", of.format))
    })?;
    let recipients = of.recipients.into_iter();
    Ok(Job {
        id: of.id,
        now: time_in(&of.now).map_err(|detail| wrong("now", detail))?,
        document: source_in(of.document).map_err(|e| wit::ComposeError::Document(document_error_out(e)))?,
        use_case: of.use_case,
        language: of.language,
        settings: of.settings,
        sender: (of.sender.name, of.sender.address),
        recipients: recipients.map(|e| (field_in(e.field), e.mailbox.name, e.mailbox.address)).collect(),
        attachments: attachments.collect::<Result<_, _>>()?,
        format,
        portal: of.portal.map(|p| (p.view_url, p.pdf_url)),
        edits: of.edits.map_or((None, None), |e| (e.subject, e.body)),
        thread: of.thread.map(|t| (t.in_reply_to, t.references)),
        automatic: of.automatic,
        mode: match of.mode {
            wit::Mode::Account => Mode::Account,
            wit::Mode::MailClient => Mode::MailClient,
            wit::Mode::Platform => Mode::Platform,
        },
        insist: of.insist,
    })
}

pub(super) fn message_out(of: Message) -> wit::Message {
    let composed = of.composed;
    wit::Message {
        message_id: composed.message_id,
        subject: of.rendered.subject,
        from: recipients::Mailbox { name: of.from.name.clone(), address: of.from.address.to_string() },
        envelope: wit::Envelope {
            mail_from: composed.envelope.mail_from.wire(),
            recipients: composed.envelope.recipients.iter().map(|a| a.wire()).collect(),
        },
        chunks: chunks_out(composed.chunks),
        size: composed.size,
        html: with_payment_code(of.rendered.html, of.rendered.payment_code.as_deref()),
        text: of.rendered.text,
        language: of.language.locale.to_string(),
        language_reason: of.language.reason.name().to_owned(),
        template: of.rendered.template,
        needs_smtputf8: composed.needs_smtputf8,
        warnings: of
            .warnings
            .into_iter()
            .map(|w| wit::Warning { code: w.code.to_owned(), detail: w.detail })
            .collect(),
    }
}

/// A preview shows the code without the message around it.
fn with_payment_code(html: String, png: Option<&[u8]>) -> String {
    match png {
        Some(png) => {
            let data = base64::engine::general_purpose::STANDARD.encode(png);
            html.replace("cid:payment-code", &format!("data:image/png;base64,{data}"))
        }
        None => html,
    }
}

fn error_out(of: ComposeError) -> wit::ComposeError {
    match of {
        ComposeError::Input(InputError::Document(e)) => wit::ComposeError::Document(document_error_out(e)),
        ComposeError::Input(InputError::Settings(e)) => wit::ComposeError::Settings(e.to_string()),
        ComposeError::Input(InputError::UseCase(e)) => wit::ComposeError::UseCase(e.to_string()),
        ComposeError::Template(e) => {
            wit::ComposeError::Template(wit::TemplateFault { name: e.name, line: e.line, detail: e.detail })
        }
        ComposeError::Attachment(e) => wit::ComposeError::Attachment(wit::AttachmentFault {
            rule: e.rule.name().to_owned(),
            file_name: e.file_name,
            detail: e.detail,
        }),
        ComposeError::Refused(e) => {
            wit::ComposeError::Refused(wit::Refusal { code: e.code.to_owned(), detail: e.detail })
        }
        ComposeError::Job { field, detail } => wit::ComposeError::Job((field, detail)),
    }
}
