//! The program `postroom`, as the tests of the command line run it.

fn main() -> std::process::ExitCode {
    postroom_cli::main()
}
