//! `postroom account test` (rule A8): each stage, the server's words, and the sentence that says it works.

use crate::Exit;
use crate::output::{green, json, line, printable};
use crate::store_args::AccountArgs;
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::{ServerTest, StageFailure};
use serde_json::{Value, json as object};

#[derive(Debug, Args)]
#[command(after_help = "\
Goes through resolve, connect, TLS, greeting and login at the server, the mailbox or the provider's API, and says what
was answered at each. Sends nothing. An account that could not send goes on when its test is successful.

Examples:
  postroom account test office
  postroom account test office --user lotte --json")]
pub(crate) struct TestArgs {
    #[command(flatten)]
    account: AccountArgs,
}

pub(super) async fn run(common: &Common, args: &TestArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let tested = found.test(|| load_plugin::engine(common)).await?;
    let code = tested
        .iter()
        .filter_map(|it| it.failure.as_ref())
        .map(|it| if it.is_transient { Exit::Later } else { Exit::Refused })
        .min();
    if common.json {
        let tests: Vec<Value> = tested.iter().map(as_json).collect();
        json(&object!({ "account": found.account.name, "ok": code.is_none(), "tests": tests }))?;
        return Ok(code.unwrap_or(Exit::Done));
    }
    for one in &tested {
        show(one)?;
    }
    Ok(code.unwrap_or(Exit::Done))
}

fn show(one: &ServerTest) -> Result<(), Failure> {
    for (stage, detail) in &one.steps {
        line(&format!("{stage:>8}  {}", printable(detail)))?;
    }
    match &one.failure {
        None => line(&green(&one.successful)),
        Some(StageFailure { stage, detail, .. }) => {
            line(&format!("{stage:>8}  failed"))?;
            eprintln!("{}", printable(detail));
            Ok(())
        }
    }
}

fn as_json(one: &ServerTest) -> Value {
    let steps: Vec<Value> =
        one.steps.iter().map(|(stage, detail)| object!({ "stage": stage, "detail": detail })).collect();
    let message = one.failure.as_ref().map_or(&one.successful, |it| &it.detail);
    object!({
        "of": one.what, "ok": one.failure.is_none(), "message": message, "steps": steps,
        "failed_at": one.failure.as_ref().map(|it| &it.stage),
    })
}
