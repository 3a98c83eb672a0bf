//! The command line `postroom`.

fn main() -> std::process::ExitCode {
    postroom_cli::main()
}
