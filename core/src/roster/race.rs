//! A race: one distance within an event.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// One distance within an event. Its name is its identity: unique in a roster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Race {
    /// As it is shown.
    pub name: String,
    /// In metres, when known.
    pub distance_m: Option<u32>,
    /// The scheduled start; the gun that is really fired comes over the wire.
    pub start: Option<Moment>,
}

impl Race {
    /// A race of this name, with the distance that the name tells (`10 km`, `5K`, `Half Marathon`).
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            distance_m: distance_from(name),
            start: None,
        }
    }
}

/// Metres, from the way people write a distance into a race's name.
fn distance_from(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let number_end = name
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(name.len());
    let unit = name[number_end..].split_whitespace().next();
    if let Ok(number) = name[..number_end].parse::<f64>() {
        return match unit? {
            "k" | "km" => Some((number * 1000.0) as u32),
            "mi" | "mile" | "miles" | "miler" => Some(miles(number)),
            // A bare "m" is metres on a track and miles on an American road; nobody times 50 m or runs 100 miles under an "m".
            "m" if number < 100.0 => Some(miles(number)),
            "m" | "metre" | "metres" | "meter" | "meters" => Some(number as u32),
            _ => None,
        };
    }
    if name.contains("half") {
        Some(21_097)
    } else if name.contains("marathon") {
        Some(42_195)
    } else {
        None
    }
}

fn miles(number: f64) -> u32 {
    (number * 1609.344) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_distance() {
        let metres = [
            ("5K", Some(5_000)),
            ("10 km Night Run", Some(10_000)),
            ("2.5 km", Some(2_500)),
            ("5 Mile", Some(8_046)),
            ("100 Miler", Some(160_934)),
            ("5M", Some(8_046)),
            ("100 m", Some(100)),
            ("5000 m", Some(5_000)),
            ("1500m Final", Some(1_500)),
            ("80 metres", Some(80)),
            ("Half Marathon", Some(21_097)),
            ("Marathon", Some(42_195)),
            ("Fun Run", None),
            ("2026 Edition", None),
            ("7", None),
            ("", None),
            ("½ km", None),
        ];
        for (name, expected) in metres {
            assert_eq!(distance_from(name), expected, "{name}");
        }
    }
}
