//! The real programs, as processes.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};

/// How long a program that is to end may take; rendering in software on a busy machine is slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a program was built: beside the tests, in the same target folder and profile.
pub fn path(name: &str) -> Result<PathBuf> {
    let this = std::env::current_exe().context("where these tests are")?;
    let folder = this
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps"))
        .context("the tests lie in no folder")?;
    let program = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    ensure!(
        program.is_file(),
        "{} is missing; build it with: cargo build --workspace --bins",
        program.display()
    );
    Ok(program)
}

/// A program that has no environment of ours: no options, no home, no terminal. It is killed with the test.
pub fn command(name: &str) -> Result<Command> {
    command_under(&[], name)
}

/// The same, started by another program with these arguments.
pub fn command_under(starter: &[String], name: &str) -> Result<Command> {
    let program = path(name)?;
    let mut command = match starter {
        [] => Command::new(program),
        [starter, arguments @ ..] => {
            let mut command = Command::new(starter);
            command.args(arguments).arg(program);
            command
        }
    };
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("GANTRY_") {
            command.env_remove(variable);
        }
    }
    command
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}

/// Runs a program to its end, whatever that is.
pub async fn run(name: &str, arguments: &[&str], input: &str) -> Result<Output> {
    let mut child = command(name)?
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {name}"))?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    // A program that does not read may be gone already.
    stdin.write_all(input.as_bytes()).await.ok();
    drop(stdin);
    timeout(PATIENCE, child.wait_with_output())
        .await
        .with_context(|| format!("{name} {arguments:?} does not end"))?
        .with_context(|| format!("wait for {name}"))
}

/// Runs a program that has to succeed and returns what it wrote to standard output.
pub async fn succeed(name: &str, arguments: &[&str], input: &str) -> Result<String> {
    let output = run(name, arguments, input).await?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{name} {arguments:?}: {}: {error}", output.status);
    }
    String::from_utf8(output.stdout).context("output that is not UTF-8")
}

/// Asks a process to stop, as a service manager does.
pub fn terminate(id: u32) -> Result<()> {
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &id.to_string()])
        .status()
        .context("run kill")?;
    ensure!(kill.success(), "there is no process {id}");
    Ok(())
}
