//! A submitter that signs what some accounts send.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Signer, SigningError};
use crate::BoxFuture;
use crate::attachments::Chunk;
use crate::smtp::{Acceptance, Account, Failure, ProbeReport, Stage, Submission, Submitter, Verdict};

/// Signs the mail of the accounts that have a signer, and leaves the rest to another submitter.
pub struct SigningSubmitter {
    inner: Arc<dyn Submitter>,
    signers: BTreeMap<String, Arc<Signer>>,
}

impl std::fmt::Debug for SigningSubmitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningSubmitter").field("signers", &self.signers).finish_non_exhaustive()
    }
}

impl SigningSubmitter {
    /// Signs for these accounts, by their names.
    pub fn new(inner: Arc<dyn Submitter>, signers: impl IntoIterator<Item = (String, Arc<Signer>)>) -> Self {
        Self { inner, signers: signers.into_iter().collect() }
    }

    async fn submit(&self, account: &Account, submission: &Submission) -> Result<Acceptance, Failure> {
        let Some(signer) = self.signers.get(&account.name) else {
            return self.inner.submit(account, submission).await;
        };
        let signature = signer.sign(&submission.chunks).await.map_err(|error| {
            let verdict = match error {
                SigningError::Unreadable(_) => Verdict::Transient,
                SigningError::Malformed(_) | SigningError::Key { .. } => Verdict::Permanent,
            };
            Failure {
                stage: Stage::Prepare,
                verdict,
                reply: None,
                detail: error.to_string(),
                retry_after: None,
                recipients: Vec::new(),
            }
        })?;
        let mut signed = submission.clone();
        signed.size += signature.len() as u64;
        signed.chunks.insert(0, Chunk::Text(signature));
        self.inner.submit(account, &signed).await
    }
}

impl Submitter for SigningSubmitter {
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>> {
        Box::pin(self.submit(account, submission))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        self.inner.probe(account)
    }
}
