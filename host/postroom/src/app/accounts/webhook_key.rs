//! The forms in which providers give what their reports prove themselves with.

use crate::app::AppError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

/// Bytes of an uncompressed point, which begins with a 4.
const POINT: usize = 65;

/// Reads the P-256 point of a key as SendGrid shows it: base64 of a SubjectPublicKeyInfo.
pub fn sendgrid_point(text: &str) -> Option<Vec<u8>> {
    let inside: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(inside).ok()?;
    let (rest, info) = SubjectPublicKeyInfo::from_der(&der).ok()?;
    let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
    let is_p256 = info.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY && curve == OID_EC_P256;
    let point = info.subject_public_key.data.to_vec();
    (rest.is_empty() && is_p256 && point.len() == POINT && point.first() == Some(&4)).then_some(point)
}

/// Reads the region of an SNS topic's ARN: partition, service, region, account, name.
pub fn sns_region(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, name) = (parts.next()?, parts.next()?, parts.next()?);
    let known = prefix == "arn" && partition.starts_with("aws") && service == "sns";
    let is_region = !region.is_empty()
        && region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    (known && is_region && is_account && !name.is_empty()).then_some(region)
}

/// Refuses credentials, `user:password`, that a URL can't hold or that can be guessed.
pub(super) fn check_credentials(text: &str, shortest: usize) -> Result<(), AppError> {
    let fits = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    match text.split_once(':') {
        Some((user, password))
            if !user.is_empty() && fits(user) && fits(password) && password.len() >= shortest =>
        {
            Ok(())
        }
        _ => Err(AppError::Input(format!(
            "for postmark the file holds user:password, letters, digits and -._~ alone, the password of {shortest} \
             characters or more"
        ))),
    }
}
