//! How a query reads when the first fence is left out.
//!
//! That the second fence stands by itself can only be shown without the first. So one program, which is built for that test and
//! for nothing else (the feature `one-fence`), no longer asks whose a row is. Nothing of this is part of any other program.

/// What a walled text compares with the partner.
const CHECK: &str = "partner_id = $1";

/// The text with every check of the partner left out. The partner is still bound, and still put into new rows.
pub(super) fn unwalled(text: &str) -> String {
    let mut unwalled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(CHECK) {
        let (before, after) = (&rest[..at], &rest[at + CHECK.len()..]);
        // The column may stand behind a table's name.
        let is_name =
            |character: char| character.is_ascii_alphanumeric() || "_.".contains(character);
        unwalled.push_str(before.trim_end_matches(is_name));
        unwalled.push_str("$1 is not null");
        rest = after;
    }
    unwalled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_row_is_is_no_longer_asked() {
        for (text, expected) in [
            (
                "select 1 from timing_reads where partner_id = $1 and id = $2",
                "select 1 from timing_reads where $1 is not null and id = $2",
            ),
            (
                "select 1 from a join b on (b.partner_id = $1) where a.partner_id = $1",
                "select 1 from a join b on ($1 is not null) where $1 is not null",
            ),
            (
                "insert into display_urls (partner_id, id) values ($1, $2)",
                "insert into display_urls (partner_id, id) values ($1, $2)",
            ),
        ] {
            assert_eq!(unwalled(text), expected);
        }
    }
}
