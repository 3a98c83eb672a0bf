//! An authority of our own, and a certificate for `localhost` from it: made anew for each run, valid for a day.

use std::io::{Error, Result};
use std::path::Path;

/// Writes `authority.pem`, `server.pem` and `server.key` into a folder.
pub(super) fn make(folder: &Path) -> Result<()> {
    // Files are in the folder: a word that begins with @ is one.
    let run = |arguments: &str| {
        let path = |word: &str| match word.strip_prefix('@') {
            Some(file) => folder.join(file).display().to_string(),
            None => word.to_owned(),
        };
        let words: Vec<String> = arguments.split_whitespace().map(path).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        super::output("openssl", &words).map_err(Error::other)
    };
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    std::fs::write(
        folder.join("extensions"),
        "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n",
    )?;
    run(&format!(
        "req -x509 {KEY} -days 1 -keyout @authority.key -out @authority.pem -subj /CN=Postroom-tests"
    ))?;
    run(&format!("req {KEY} -keyout @server.key -out @request -subj /CN=localhost"))?;
    run("x509 -req -in @request -CA @authority.pem -CAkey @authority.key -CAcreateserial -days 1 \
         -extfile @extensions -out @server.pem")?;
    Ok(())
}
