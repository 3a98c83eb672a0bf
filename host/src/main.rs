//! The command line `postroom`.

fn main() -> std::process::ExitCode {
    postroom::cli::main()
}
