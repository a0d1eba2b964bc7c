//! From a filled-in form to the request that it stands for.

use std::path::PathBuf;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    api::{
        arrangement::Arrangement,
        request::{NewSession, OwnTemplate, Password, Request},
        types::Mode,
    },
    app::{
        feed_form,
        form::{Form, Name, Purpose},
    },
};

/// The id of the mode choice for entries from the roster.
pub const PRE_RACE: &str = "pre_race";

/// The id of the mode choice for times and places.
pub const RESULTS: &str = "results";

/// The id of the choice to let a colleague edit.
pub const EDIT: &str = "edit";

/// The id of the choice to let a colleague look.
pub const VIEW: &str = "view";

/// What stands between the ids of several timing sessions in a choice.
pub const SEPARATOR: &str = ",";

/// What stands between a template's id and the revision to stay with in a choice.
pub const PINNED: &str = "@";

/// The request that the form stands for, or what is missing.
pub fn request(form: &Form) -> Result<Request, String> {
    match &form.purpose {
        Purpose::LogIn => Ok(Request::LogIn {
            email: filled(form, Name::Email, "type your email address")?,
            password: password(form)?,
        }),
        Purpose::NewSession => session(form).map(Request::CreateSession),
        Purpose::ChangeSession(subject) => Ok(Request::ChangeSession {
            id: subject.id.clone(),
            session: session(form)?,
            seen: subject.seen,
        }),
        Purpose::ImportRoster(subject) => Ok(Request::CheckRoster {
            session_id: subject.id.clone(),
            seen: subject.seen,
            path: path(&filled(
                form,
                Name::File,
                "type the path of a CSV file on this machine",
            )?),
        }),
        Purpose::MakeUrl(session_id) => Ok(Request::GenerateUrl {
            session_id: session_id.clone(),
            expires_in_hours: hours(form.text(Name::Hours))?,
            template: own_template(form),
        }),
        Purpose::Share(subject) => Ok(Request::Share {
            id: subject.id.clone(),
            user_id: colleague(form)?,
            access: access(form),
            seen: subject.seen,
        }),
        Purpose::HandOver(subject) => Ok(Request::HandOver {
            id: subject.id.clone(),
            user_id: colleague(form)?,
            seen: subject.seen,
        }),
        Purpose::Duplicate(id) => Ok(Request::Duplicate {
            id: id.clone(),
            name: filled(form, Name::Session, "give the copy a name")?,
        }),
        Purpose::RenameTiming(id)
        | Purpose::MergeTiming(id)
        | Purpose::SplitTiming(id, _)
        | Purpose::CorrectTiming(id) => Ok(Request::Arrange {
            id: id.clone(),
            change: arrangement(form)?,
        }),
        Purpose::AddFeed => Ok(Request::AddFeed(Box::new(feed_form::terms(form)?))),
        Purpose::ChangeFeed { id, seen, .. } => Ok(Request::ChangeFeed {
            id: id.clone(),
            terms: Box::new(feed_form::terms(form)?),
            seen: *seen,
        }),
    }
}

fn arrangement(form: &Form) -> Result<Arrangement, String> {
    let chosen = |name| {
        let choice = form.chosen(name).map(|choice| choice.id.clone());
        choice.ok_or_else(|| "there is nothing to choose from".to_owned())
    };
    match &form.purpose {
        Purpose::MergeTiming(_) => Ok(Arrangement::Merge {
            into: chosen(Name::Into)?,
        }),
        Purpose::SplitTiming(_, zone) => Ok(Arrangement::Split {
            at: moment(form.text(Name::At), zone)?,
        }),
        Purpose::CorrectTiming(_) => {
            let first_day = Some(form.text(Name::FirstDay).trim());
            let first_day = first_day.filter(|day| !day.is_empty()).map(str::to_owned);
            let ahead_ms = match form.text(Name::Ahead).trim() {
                "" if first_day.is_some() => 0,
                text => seconds(text)?,
            };
            Ok(Arrangement::Correct {
                location: chosen(Name::Mat)?,
                ahead_ms,
                first_day,
            })
        }
        _ => filled(form, Name::Session, "give it a name").map(Arrangement::Rename),
    }
}

/// A wall-clock time with its date, in the console's zone.
fn moment(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let at: Result<DateTime, _> = text.trim().parse();
    at.and_then(|at| at.to_zoned(zone.clone()))
        .map(|at| at.timestamp())
        .map_err(|_unspecific| format!("{text:?} is no date and time; 2026-05-09 14:00 is one"))
}

/// Seconds, with a fraction or without, in milliseconds.
fn seconds(text: &str) -> Result<i64, String> {
    let seconds: Option<f64> = text.trim().parse().ok();
    seconds
        .filter(|seconds| seconds.abs() < 1e9)
        .map(|seconds| (seconds * 1_000.0).round() as i64)
        .ok_or_else(|| {
            format!("{text:?} is no number of seconds; 3.2 is one, and -3.2 when behind")
        })
}

/// The template that a display is to have of its own.
fn own_template(form: &Form) -> Option<OwnTemplate> {
    let chosen = &form.chosen(Name::Shows)?.id;
    let (id, revision) = match chosen.split_once(PINNED) {
        Some((id, revision)) => (id, revision.parse().ok()),
        None => (chosen.as_str(), None),
    };
    (!id.is_empty()).then(|| OwnTemplate {
        id: id.to_owned(),
        revision,
    })
}

fn colleague(form: &Form) -> Result<String, String> {
    let chosen = form.chosen(Name::Colleague).map(|choice| choice.id.clone());
    chosen.ok_or_else(|| "there is no colleague to choose; an owner can invite one".to_owned())
}

/// How far the form shares; nothing ends a share.
fn access(form: &Form) -> Option<&'static str> {
    let chosen = form.chosen(Name::Access).map(|choice| choice.id.as_str());
    [EDIT, VIEW]
        .into_iter()
        .find(|access| chosen == Some(*access))
}

fn session(form: &Form) -> Result<NewSession, String> {
    let id_of = |name| {
        form.chosen(name)
            .map(|choice| choice.id.clone())
            .filter(|id| !id.is_empty())
    };
    Ok(NewSession {
        name: filled(form, Name::Session, "give the display session a name")?,
        mode: mode(form),
        chronotrack_session_ids: id_of(Name::Timing)
            .map(|ids| ids.split(SEPARATOR).map(str::to_owned).collect())
            .unwrap_or_default(),
        template_id: id_of(Name::Template),
    })
}

/// The mode that the form has chosen.
pub fn mode(form: &Form) -> Mode {
    match form.chosen(Name::Mode) {
        Some(choice) if choice.id == PRE_RACE => Mode::PreRace,
        _ => Mode::Results,
    }
}

fn password(form: &Form) -> Result<Password, String> {
    match form.text(Name::Password) {
        "" => Err("type your password".to_owned()),
        password => Ok(Password(password.to_owned())),
    }
}

fn hours(text: &str) -> Result<u32, String> {
    match text.trim().parse() {
        Ok(hours) if hours > 0 => Ok(hours),
        _ => Err(format!("{text:?} is no number of hours; 24 is usual")),
    }
}

fn filled(form: &Form, name: Name, advice: &str) -> Result<String, String> {
    match form.text(name).trim() {
        "" => Err(advice.to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// The path as a shell would read it: `~` is the home directory, and quotes around a dropped file's name go.
fn path(text: &str) -> PathBuf {
    let text = text.trim_matches(['\'', '"']);
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match (text.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::form::Field;

    #[test]
    fn says_what_is_missing() {
        let form = |email: &str, password: &str| {
            let fields = vec![
                Field::text(Name::Email, email),
                Field::secret(Name::Password, password),
            ];
            request(&Form::new(Purpose::LogIn, fields))
        };
        assert_eq!(form(" ", "x"), Err("type your email address".to_owned()));
        assert_eq!(form("a@b", ""), Err("type your password".to_owned()));
        let sent = form(" a@b ", " x ").expect("it is filled in");
        let password = Password(" x ".to_owned());
        assert_eq!(
            sent,
            Request::LogIn {
                email: "a@b".to_owned(),
                password
            }
        );
        assert!(
            !format!("{sent:?}").contains(" x "),
            "debug output has no password"
        );
    }

    #[test]
    fn hours_are_whole_and_positive() {
        assert_eq!(hours(" 24 "), Ok(24));
        for text in ["", "0", "-1", "1.5", "a day", "99999999999"] {
            assert!(hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_and_seconds_are_read_as_people_write_them() {
        let zone = TimeZone::get("Europe/Vienna").expect("a zone");
        for text in ["2026-05-09 14:00", "2026-05-09T14:00:00"] {
            let at = moment(text, &zone).expect("a time");
            assert_eq!(at.to_string(), "2026-05-09T12:00:00Z", "{text}");
        }
        assert!(moment("14 o'clock", &zone).is_err());
        assert_eq!(seconds(" 3.2 "), Ok(3_200));
        assert_eq!(seconds("-86400"), Ok(-86_400_000));
        for text in ["", "NaN", "inf", "a while", "1e99"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn paths_are_read_as_a_shell_reads_them() {
        assert_eq!(
            path("'/tmp/my race.csv'"),
            PathBuf::from("/tmp/my race.csv")
        );
        assert!(!path("~/roster.csv").starts_with("~"));
    }
}
