//! Environment and configuration file as further sources of every flag's value.
//!
//! A value from the environment or the file takes the place of the flag's default, after the flag's own parser has accepted
//! it. So a flag on the command line still wins, and a bad value anywhere stops the program, even one that is overridden.

use std::{ffi::OsString, fs, path::Path};

use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, error::ErrorKind};
use toml::{Table, Value};

use super::{
    Config,
    cli::{self, Cli},
};

/// Looks a variable of the environment up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Understands the command line together with the environment and the file that `--config` names.
///
/// An error is ready to be shown with [`clap::Error::exit`], which ends the program with code 2, or with code 0 when it is
/// the help or the version that was asked for.
pub fn parse(arguments: &[OsString], environment: Environment<'_>) -> Result<Cli, clap::Error> {
    let no_file = File {
        name: String::new(),
        table: Table::new(),
    };
    let cli = Layers {
        environment,
        file: &no_file,
    }
    .parse(arguments)?;
    let cli = match cli
        .command
        .config()
        .and_then(|config| config.config.as_ref())
    {
        None => cli,
        Some(path) => {
            let file = File::read(path)?;
            Layers {
                environment,
                file: &file,
            }
            .parse(arguments)?
        }
    };
    check(&cli)?;
    Ok(cli)
}

/// What only shows when the options are seen together, or when the files that they name are opened.
fn check(cli: &Cli) -> Result<(), clap::Error> {
    if let Some(contradiction) = cli.command.config().and_then(Config::contradiction) {
        return Err(error(contradiction));
    }
    // Only who serves needs the certificate; others may not even be allowed to read its key.
    match &cli.command {
        cli::Command::Serve(config) | cli::Command::Demo(cli::Demo { config, .. }) => config
            .tls()
            .map(drop)
            .map_err(|reason| error(reason.to_string())),
        _ => Ok(()),
    }
}

struct Layers<'a> {
    environment: Environment<'a>,
    file: &'a File,
}

struct File {
    name: String,
    table: Table,
}

/// A value and where it came from.
struct Given {
    source: String,
    value: String,
}

impl Layers<'_> {
    fn parse(&self, arguments: &[OsString]) -> Result<Cli, clap::Error> {
        let command = self.apply(Cli::command())?;
        Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
    }

    /// The command with the layers' values as defaults, its subcommands included.
    fn apply(&self, command: Command) -> Result<Command, clap::Error> {
        let mut refused = None;
        let command = command
            .mut_args(|arg| {
                self.default(arg.clone()).unwrap_or_else(|error| {
                    refused.get_or_insert(error);
                    arg
                })
            })
            .mut_subcommands(|subcommand| {
                self.apply(subcommand.clone()).unwrap_or_else(|error| {
                    refused.get_or_insert(error);
                    subcommand
                })
            });
        refused.map_or(Ok(command), Err)
    }

    fn default(&self, arg: Arg) -> Result<Arg, clap::Error> {
        let Some(name) = arg.get_long().map(str::to_owned) else {
            return Ok(arg);
        };
        if arg.is_hide_env_set() {
            return Ok(arg);
        }
        let variable = variable(&name);
        let arg = match self.given(&name, &variable)? {
            None => arg,
            Some(given) => {
                given.check(&name, &arg)?;
                arg.default_value(given.value).required(false)
            }
        };
        let help = format!(
            "{} [env: {variable}]",
            arg.get_help().cloned().unwrap_or_default()
        );
        Ok(arg.help(help))
    }

    fn given(&self, name: &str, variable: &str) -> Result<Option<Given>, clap::Error> {
        if let Some(value) = (self.environment)(variable) {
            return Ok(Some(Given {
                source: variable.to_owned(),
                value,
            }));
        }
        self.file.given(name)
    }
}

impl Given {
    /// Has the flag's own parser look at the value.
    fn check(&self, name: &str, arg: &Arg) -> Result<(), clap::Error> {
        let accepted = match arg.get_action() {
            ArgAction::SetTrue => match self.value.as_str() {
                "true" | "false" => Ok(()),
                _ => Err("expected true or false".to_owned()),
            },
            _ => Command::new("check")
                .no_binary_name(true)
                .arg(arg.clone().required(false))
                .try_get_matches_from([format!("--{name}={}", self.value)])
                .map(drop)
                .map_err(|error| reason(&error)),
        };
        accepted.map_err(|reason| {
            error(format!(
                "invalid value '{}' for {}: {reason}",
                self.value, self.source
            ))
        })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, clap::Error> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|reason| {
            error(format!(
                "cannot read the configuration file {name}: {reason}"
            ))
        })?;
        let table: Table = text.parse().map_err(|reason| {
            error(format!(
                "cannot understand the configuration file {name}: {reason}"
            ))
        })?;
        let file = Self { name, table };
        file.check_keys()?;
        Ok(file)
    }

    /// A key that is misspelt must not silently leave a default in force.
    fn check_keys(&self) -> Result<(), clap::Error> {
        let known = known_keys();
        match self.table.keys().find(|key| !known.contains(key)) {
            None => Ok(()),
            Some(key) => Err(error(format!(
                "unknown key '{key}' in {}: expected one of {}",
                self.name,
                known.join(", ")
            ))),
        }
    }

    fn given(&self, name: &str) -> Result<Option<Given>, clap::Error> {
        let source = format!("'{name}' in {}", self.name);
        let value = match self.table.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Integer(_) | Value::Float(_) | Value::Boolean(_))) => {
                value.to_string()
            }
            Some(value) => {
                return Err(error(format!(
                    "invalid value '{value}' for {source}: expected a text"
                )));
            }
        };
        Ok(Some(Given { source, value }))
    }
}

/// The long names of the options of `serve`; `config` is of no use within a file.
fn known_keys() -> Vec<String> {
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve").into_iter();
    serve
        .flat_map(Command::get_arguments)
        .chain(cli.get_arguments())
        .filter_map(Arg::get_long)
        .filter(|name| *name != "config")
        .map(str::to_owned)
        .collect()
}

fn variable(name: &str) -> String {
    format!("GANTRY_{}", name.to_uppercase().replace('-', "_"))
}

/// The part of a message that tells what would be accepted.
fn reason(error: &clap::Error) -> String {
    std::error::Error::source(error).map_or_else(
        || {
            error
                .to_string()
                .trim_start_matches("error: ")
                .trim()
                .to_owned()
        },
        ToString::to_string,
    )
}

fn error(message: String) -> clap::Error {
    Cli::command().error(ErrorKind::ValueValidation, message)
}

#[cfg(test)]
mod tests {

    use clap::error::ErrorKind;

    use super::*;

    fn serve(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Config, String> {
        let arguments: Vec<OsString> = ["gantry-server", "serve"]
            .iter()
            .chain(arguments)
            .map(OsString::from)
            .collect();
        let lookup = |name: &str| {
            environment
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        match parse(&arguments, &lookup) {
            Ok(Cli {
                command: cli::Command::Serve(config),
                ..
            }) => Ok(config),
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    fn file(text: &str) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("gantry.toml");
        fs::write(&path, text).expect("writes");
        (dir, path.display().to_string())
    }

    #[test]
    fn the_clap_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn defaults_are_the_promised_ones() {
        let config = serve(&[], &[]).expect("parses");
        assert_eq!(config.http.to_string(), "127.0.0.1:8088");
        assert_eq!(config.timing.to_string(), "0.0.0.0:61611");
        assert_eq!(config.status.to_string(), "127.0.0.1:61612");
        assert_eq!(
            config.database().to_string(),
            super::super::default_data_dir()
                .join("gantry.db")
                .display()
                .to_string()
        );
    }

    #[test]
    fn flag_wins_over_environment_over_file_over_default() {
        let (_dir, path) =
            file("http = '127.0.0.1:1'\ntiming = '127.0.0.1:1'\nstatus = '127.0.0.1:1'\n");
        let environment = [
            ("GANTRY_CONFIG", path.as_str()),
            ("GANTRY_HTTP", "127.0.0.1:2"),
            ("GANTRY_TIMING", "127.0.0.1:2"),
        ];
        let config = serve(&["--http", "127.0.0.1:3"], &environment).expect("parses");
        let ports = [config.http, config.timing, config.status].map(|address| address.port());
        assert_eq!(ports, [3, 2, 1]);
    }

    #[test]
    fn a_bad_value_is_refused_by_name_wherever_it_stands() {
        let (_dir, path) = file("http = 'nonsense'");
        let expected = "expected an IP address and a port, like 127.0.0.1:8088";
        for (arguments, environment, name) in [
            (vec!["--http", "nonsense"], vec![], "--http"),
            (
                vec!["--http", "127.0.0.1:3"],
                vec![("GANTRY_HTTP", "nonsense")],
                "GANTRY_HTTP",
            ),
            (vec!["--config", &path], vec![], "'http' in "),
        ] {
            let message = serve(&arguments, &environment).expect_err("is refused");
            for part in [name, "nonsense", expected] {
                assert!(message.contains(part), "{message} should contain {part}");
            }
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_known_ones() {
        let (_dir, path) = file("htpp = '127.0.0.1:1'");
        let message = serve(&["--config", &path], &[]).expect_err("is refused");
        assert!(message.contains("unknown key 'htpp'"), "{message}");
        assert!(message.contains("http, timing, status"), "{message}");
    }

    #[test]
    fn a_file_that_is_missing_or_no_toml_is_refused() {
        let (_dir, path) = file("http = ");
        assert!(
            serve(&["--config", &path], &[])
                .expect_err("is refused")
                .contains("line 1")
        );
        let message = serve(&["--config", "/nowhere/gantry.toml"], &[]).expect_err("is refused");
        assert!(message.contains("/nowhere/gantry.toml"), "{message}");
    }

    #[test]
    fn values_mean_what_they_say() {
        let given = [
            "--database-url",
            "sqlite:///srv/g.db",
            "--public-url",
            "https://x.org/",
            "--timing-zone",
            "UTC",
        ];
        let config = serve(&given, &[]).expect("parses");
        assert_eq!(config.database().to_string(), "/srv/g.db");
        assert_eq!(config.public_url.as_deref(), Some("https://x.org"));
        assert_eq!(config.zone().iana_name(), Some("UTC"));
        for bad in [
            "--database-url=mysql:x",
            "--public-url=race.org",
            "--timing-zone=Mars/Base",
        ] {
            assert!(
                serve(&[bad], &[])
                    .expect_err("is refused")
                    .contains("expected "),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_redis_is_accepted_from_every_source_and_must_be_one() {
        let (_dir, path) = file("redis-url = 'redis://127.0.0.1:6379'");
        let named = |arguments: &[&str], environment: &[(&str, &str)]| {
            serve(arguments, environment).map(|config| config.redis_url.is_some())
        };
        assert_eq!(named(&[], &[]), Ok(false));
        assert_eq!(named(&["--redis-url", "redis://cache/0"], &[]), Ok(true));
        assert_eq!(named(&["--config", &path], &[]), Ok(true));
        let variable = |url| [("GANTRY_REDIS_URL", url)];
        assert_eq!(
            named(&[], &variable("rediss://:secret@cache:6380")),
            Ok(true)
        );
        for bad in ["cache:6379", "http://cache", "redis://", ""] {
            let message = named(&[], &variable(bad)).expect_err("is refused");
            assert!(message.contains("like redis://127.0.0.1:6379"), "{message}");
        }
    }

    #[test]
    fn a_certificate_and_its_key_go_together() {
        let (_dir, path) = file("tls-cert = 'cert.pem'");
        for (arguments, environment, missing) in [
            (vec!["--tls-cert", "cert.pem"], vec![], "--tls-key"),
            (vec!["--config", &path], vec![], "--tls-key"),
            (vec![], vec![("GANTRY_TLS_KEY", "key.pem")], "--tls-cert"),
        ] {
            let message = serve(&arguments, &environment).expect_err("is refused");
            let expected = format!("expected {missing} with it, or neither");
            assert!(message.contains(&expected), "{message}");
        }
        let both = [("GANTRY_TLS_KEY", "/nowhere/key.pem")];
        let message = serve(&["--config", &path], &both).expect_err("are opened");
        for part in ["--tls-cert", "cert.pem", "expected a file that can be read"] {
            assert!(message.contains(part), "{message} should contain {part}");
        }
        let list = ["gantry-server", "partner", "list", "--config", &path].map(OsString::from);
        let lookup = |name: &str| (name == "GANTRY_TLS_KEY").then(|| "key.pem".to_owned());
        assert!(
            parse(&list, &lookup).is_ok(),
            "who does not serve needs no key"
        );
    }

    #[test]
    fn trusted_proxies_and_rates_are_refused_by_name() {
        for (bad, parts) in [
            (
                "--trusted-proxies=127.0.0.1,proxy",
                [
                    "--trusted-proxies",
                    "'proxy' is no address",
                    "127.0.0.1,10.0.0.0/8",
                ],
            ),
            (
                "--requests-per-second=0",
                [
                    "--requests-per-second",
                    "'0'",
                    "expected a whole number from 1",
                ],
            ),
        ] {
            let message = serve(&[bad], &[]).expect_err("is refused");
            for part in parts {
                assert!(message.contains(part), "{message} should contain {part}");
            }
        }
        let config = serve(&["--trusted-proxies", ""], &[]).expect("parses");
        assert_eq!(config.trusted_proxies, Some("".parse().expect("none")));
    }

    #[test]
    fn an_option_that_must_be_given_can_come_from_the_environment() {
        let arguments = ["gantry-server", "simulate"].map(OsString::from);
        assert!(parse(&arguments, &|_| None).is_err());
        let lookup = |name: &str| (name == "GANTRY_TO").then(|| "127.0.0.1:61611".to_owned());
        match parse(&arguments, &lookup).map(|cli| cli.command) {
            Ok(cli::Command::Simulate(race)) => assert_eq!(race.to, "127.0.0.1:61611"),
            other => panic!("{other:?} is no race"),
        }
    }

    #[test]
    fn a_switch_is_true_or_false_in_the_environment() {
        let arguments = ["gantry-server", "simulate", "--to", "127.0.0.1:1"].map(OsString::from);
        let stay = |value: &'static str| {
            let lookup = |name: &str| (name == "GANTRY_STAY").then(|| value.to_owned());
            match parse(&arguments, &lookup)
                .map_err(|error| error.to_string())?
                .command
            {
                cli::Command::Simulate(race) => Ok(race.stay),
                other => Err(format!("{other:?}")),
            }
        };
        assert_eq!((stay("true"), stay("false")), (Ok(true), Ok(false)));
        assert!(
            stay("yes")
                .expect_err("is refused")
                .contains("expected true or false")
        );
    }

    #[test]
    fn a_race_that_cannot_be_run_is_refused_with_what_could_be() {
        let lookup = |name: &str| (name == "GANTRY_TO").then(|| "a:1".to_owned());
        for (bad, expected) in [
            ("--to=somewhere", "expected a host and a port"),
            ("--speed=0", "expected a number above 0"),
            ("--start=noon", "expected a time of day, like 23:50"),
            ("--runners=0", "1..=100000"),
        ] {
            let arguments = ["gantry-server", "simulate", bad].map(OsString::from);
            let message = parse(&arguments, &lookup)
                .expect_err("is refused")
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_log_filter_has_its_layers_too() {
        let (_dir, path) = file("log = 'warn'");
        let log = |arguments: &[&str]| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            parse(&arguments, &|_| None).map(|cli| cli.log)
        };
        assert_eq!(
            log(&["gantry-server", "serve", "--config", &path]).expect("parses"),
            "warn"
        );
        assert_eq!(
            log(&["gantry-server", "serve", "--config", &path, "--log=debug"]).expect("parses"),
            "debug"
        );
        assert_eq!(
            log(&["gantry-server", "serve"]).expect("parses"),
            "info,sqlx=warn"
        );
        assert!(log(&["gantry-server", "serve", "--log", "a=b=c"]).is_err());
    }

    #[test]
    fn help_names_the_environment_twin() {
        let error = Layers {
            environment: &|_| None,
            file: &File {
                name: String::new(),
                table: Table::new(),
            },
        }
        .parse(&["gantry-server", "serve", "--help"].map(OsString::from))
        .expect_err("help is no command");
        assert_eq!(error.kind(), ErrorKind::DisplayHelp);
        // A line may end anywhere in it.
        let help = error.to_string();
        let words: Vec<&str> = help.split_whitespace().collect();
        let twin = "[env: GANTRY_DATA_DIR]";
        assert!(words.join(" ").contains(twin), "{help}");
    }
}
