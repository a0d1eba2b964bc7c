//! The command lines of the three programs: what an operator's script and a mini-PC's unit file rely on.

use anyhow::Result;
use gantry_tests::{
    hardware::Hardware,
    operator::Operator,
    programs, repository,
    venue::{Addresses, Venue},
    wait,
};

const PROGRAMS: [&str; 3] = ["gantry-server", "gantry", "gantry-kiosk"];

#[tokio::test]
async fn every_program_tells_its_version_and_its_options() -> Result<()> {
    for program in PROGRAMS {
        let version = programs::succeed(program, &["--version"], "").await?;
        assert_eq!(
            version.trim(),
            format!("{program} {}", env!("CARGO_PKG_VERSION"))
        );
        let help = programs::succeed(program, &["--help"], "").await?;
        assert!(help.contains("Usage:"), "{program}: {help}");
    }
    Ok(())
}

/// Runs a program that must refuse its options, and returns what it said.
async fn refused(program: &str, arguments: &[&str]) -> Result<String> {
    let output = programs::run(program, arguments, "").await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(2),
        "{program} {arguments:?}: {said}"
    );
    assert!(
        output.stdout.is_empty(),
        "{program} {arguments:?} writes to standard output"
    );
    Ok(said)
}

#[tokio::test]
async fn bad_options_are_named_with_what_would_be_accepted() -> Result<()> {
    for (program, arguments, parts) in [
        (
            "gantry-server",
            vec!["serve", "--http", "eighty"],
            vec!["--http", "eighty", "127.0.0.1:8088"],
        ),
        (
            "gantry-server",
            vec!["serve", "--database-url", "mysql://race"],
            vec!["--database-url", "mysql://race", "sqlite:"],
        ),
        (
            "gantry-server",
            vec!["serve", "--public-url", "race.example.org"],
            vec!["--public-url", "race.example.org", "https://"],
        ),
        (
            "gantry-server",
            vec!["serve", "--listen", "127.0.0.1:1"],
            vec!["--listen"],
        ),
        (
            "gantry-kiosk",
            vec!["http://127.0.0.1:1/display/a1b2c3d4", "--windowed", "big"],
            vec!["--windowed", "big", "1280x720"],
        ),
        (
            "gantry",
            vec!["--server", "ftp://race"],
            vec!["--server", "ftp://race", "http"],
        ),
    ] {
        let said = refused(program, &arguments).await?;
        for part in parts {
            assert!(said.contains(part), "{program} {arguments:?}: {said}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_misspelt_key_of_the_file_stops_the_server_before_it_binds() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("gantry.toml");
    std::fs::write(&file, "htpp = \"127.0.0.1:0\"\n")?;
    let said = refused(
        "gantry-server",
        &["serve", "--config", &file.display().to_string()],
    )
    .await?;
    for part in ["htpp", "gantry.toml", "http"] {
        assert!(said.contains(part), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn the_environment_stands_in_for_flags() -> Result<()> {
    let mut command = programs::command("gantry-server")?;
    let output = command
        .arg("serve")
        .env("GANTRY_STATUS", "nowhere")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("GANTRY_STATUS") && said.contains("nowhere"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn port_0_is_any_free_port_and_sigterm_a_clean_end() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve_at(Addresses::any()).await?;
    let Addresses {
        http,
        timing,
        status,
    } = server.addresses;
    for address in [http, timing, status] {
        assert_ne!(address.port(), 0);
        tokio::net::TcpStream::connect(address).await?;
    }
    assert_eq!(server.stop().await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_log_that_cannot_be_written_stops_nothing() -> Result<()> {
    let mut venue = Venue::new().await?;
    venue.log_to("/dev/full");
    let server = venue.serve().await?;
    // The end of a connection is worth a line of the log.
    drop(Hardware::play(server.addresses.timing, "harbour-start.ctp").await?);
    let _again = Hardware::play(server.addresses.timing, "harbour-finish.ctp").await?;
    let operator = Operator::log_in(&server).await?;
    wait::until("the reads of both mats", async || {
        let list = operator.get("/api/chronotrack/sessions").await?;
        let mats = list["sessions"][0]["locations"].as_array();
        Ok((mats.map(Vec::len) >= Some(2)).then_some(()))
    })
    .await?;
    assert_eq!(server.stop().await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() -> Result<()> {
    let venue = Venue::new().await?;
    let server = venue.serve().await?;
    let data = venue.path().join("other").display().to_string();
    let taken = server.addresses.timing.to_string();
    let any = "127.0.0.1:0";
    let arguments = ["serve", "--data-dir", &data, "--http", any, "--status", any];
    let arguments = [&arguments[..], &["--timing", &taken]].concat();
    let output = programs::run("gantry-server", &arguments, "").await?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&taken), "{said}");
    Ok(())
}

#[tokio::test]
async fn the_manual_has_every_option_of_the_server() -> Result<()> {
    let manual = std::fs::read_to_string(repository::root().join("docs/operate.md"))?;
    let help = programs::succeed("gantry-server", &["serve", "--help"], "").await?;
    let options: Vec<&str> = help
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.split_whitespace().next())
        .filter(|option| !["help", "config"].contains(option))
        .collect();
    assert!(!options.is_empty(), "{help}");
    for option in options {
        assert!(
            manual.contains(&format!("| `{option}` |")),
            "docs/operate.md does not tell --{option}"
        );
    }
    Ok(())
}
