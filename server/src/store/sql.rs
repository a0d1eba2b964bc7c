//! SQL text, sorted by whose rows it touches.
//!
//! This is the first fence between partners. A text on a table that belongs to partners is [`Walled`]: it cannot become a query
//! without a [`PartnerId`], which is bound before anything else, and whether it is one is looked at when the program is compiled.
//! Nothing else in the program makes queries. The second fence is PostgreSQL's own, in [`super::fence`].

use sqlx::{
    Database, Encode, FromRow, SqlStr, Type, query::Query, query::QueryAs, query::QueryScalar,
};

use super::{
    PartnerId, UserId,
    access::{self, Person},
};

/// The tables whose every row belongs to one partner.
pub(super) const WALLED_TABLES: &[&str] = &[
    "memberships",
    "timing_sessions",
    "timing_locations",
    "timing_streams",
    "timing_reads",
    "timing_lines",
    "display_sessions",
    "display_session_bindings",
    "session_events",
    "display_session_shares",
    "display_urls",
    "normalized_events",
    "normalized_participants",
    "normalized_results",
    "invitations",
    "audit_log",
    "templates",
    "template_revisions",
    "session_templates",
    "feeds",
    "timing_session_parts",
    "timing_part_figures",
    "timing_corrections",
];

/// Those among them that belong to a display session, which not everybody of the partner may see.
pub(super) const WORKSPACE_TABLES: &[&str] = &[
    "display_sessions",
    "display_session_bindings",
    "display_session_shares",
    "session_events",
    "session_templates",
    "display_urls",
];

/// Text on partners' tables that keeps to one partner's rows: `$1` is the partner.
#[derive(Clone, Copy)]
pub(super) struct Walled(&'static str);

/// Text by which a person asks about display sessions of the partner worked for: `$1` is the partner, `$2` the person.
#[derive(Clone, Copy)]
pub(super) struct Personal(Walled);

/// Text on tables whose rows belong to no partner.
#[derive(Clone, Copy)]
pub(super) struct Common(&'static str);

/// Text on partners' tables that looks across the walls, for work that is the server's own. Each says why.
#[derive(Clone, Copy)]
pub(super) struct Across(&'static str);

impl Walled {
    /// Fails to compile unless `$1` is what a row's partner is compared with, or put in first, and when the text is about display
    /// sessions: a person's question is [`Personal`], anything else [`Walled::unattended`].
    pub(super) const fn new(text: &'static str) -> Self {
        assert!(
            !contains_any(text, WORKSPACE_TABLES),
            "the text names a table of display sessions: make it Personal, or say why it is not"
        );
        Self::of_partner(text)
    }

    /// A text on display sessions that no person asks with, for the reason `why`.
    pub(super) const fn unattended(text: &'static str, why: &'static str) -> Self {
        assert!(!why.is_empty(), "expected the reason to ask no person");
        Self::of_partner(text)
    }

    const fn of_partner(text: &'static str) -> Self {
        assert!(
            contains(text, "partner_id = $1") || contains(text, "(partner_id,"),
            "expected a text that compares partner_id with $1, or inserts it first"
        );
        Self(text)
    }

    /// The text as it is said.
    #[cfg(not(feature = "one-fence"))]
    fn text(self) -> &'static str {
        self.0
    }

    /// The text as it is said by a server that tests build without this fence.
    #[cfg(feature = "one-fence")]
    fn text(self) -> sqlx::AssertSqlSafe<String> {
        sqlx::AssertSqlSafe(super::one_fence::unwalled(self.0))
    }

    /// A query on this partner's rows, which answers nothing.
    pub(super) fn query<'q, D: Database>(
        self,
        partner: PartnerId,
    ) -> Query<'q, D, <D as Database>::Arguments>
    where
        PartnerId: Encode<'q, D> + Type<D>,
    {
        sqlx::query(self.text()).bind(partner)
    }

    /// A query on this partner's rows, which answers some of them.
    pub(super) fn query_as<'q, D: Database, O>(
        self,
        partner: PartnerId,
    ) -> QueryAs<'q, D, O, <D as Database>::Arguments>
    where
        O: for<'r> FromRow<'r, D::Row>,
        PartnerId: Encode<'q, D> + Type<D>,
    {
        sqlx::query_as(self.text()).bind(partner)
    }

    /// A query on this partner's rows, which answers one column.
    pub(super) fn query_scalar<'q, D: Database, O>(
        self,
        partner: PartnerId,
    ) -> QueryScalar<'q, D, O, <D as Database>::Arguments>
    where
        (O,): for<'r> FromRow<'r, D::Row>,
        PartnerId: Encode<'q, D> + Type<D>,
    {
        sqlx::query_scalar(self.text()).bind(partner)
    }
}

impl Personal {
    /// Fails to compile unless the text asks what the person may do, by [`access::seen`], [`access::editable`] or both in one.
    pub(super) const fn new(text: &'static str) -> Self {
        assert!(
            contains(text, access::seen!())
                || contains(text, concat!(access::access!(), " in ('owner', ")),
            "expected a text that keeps to what the person may see or change"
        );
        Self(Walled::of_partner(text))
    }

    /// A query on what this person may see, which answers nothing.
    pub(super) fn query<'q, D: Database>(
        self,
        person: Person,
    ) -> Query<'q, D, <D as Database>::Arguments>
    where
        PartnerId: Encode<'q, D> + Type<D>,
        UserId: Encode<'q, D> + Type<D>,
    {
        self.0.query(person.partner).bind(person.user)
    }

    /// A query on what this person may see, which answers some of it.
    pub(super) fn query_as<'q, D: Database, O>(
        self,
        person: Person,
    ) -> QueryAs<'q, D, O, <D as Database>::Arguments>
    where
        O: for<'r> FromRow<'r, D::Row>,
        PartnerId: Encode<'q, D> + Type<D>,
        UserId: Encode<'q, D> + Type<D>,
    {
        self.0.query_as(person.partner).bind(person.user)
    }
}

/// An [`Across`] text with its rows' placeholders, which is written once and said often.
pub(super) struct Rows(SqlStr);

impl Rows {
    /// A query that adds the rows. Their values are bound row by row.
    pub(super) fn query<'q, D: Database>(&self) -> Query<'q, D, <D as Database>::Arguments> {
        sqlx::query(self.0.clone())
    }
}

macro_rules! unwalled {
    ($name:ident) => {
        impl $name {
            /// A query that answers nothing.
            pub(super) fn query<'q, D: Database>(self) -> Query<'q, D, <D as Database>::Arguments> {
                sqlx::query(self.0)
            }

            /// A query that answers rows.
            pub(super) fn query_as<'q, D: Database, O>(
                self,
            ) -> QueryAs<'q, D, O, <D as Database>::Arguments>
            where
                O: for<'r> FromRow<'r, D::Row>,
            {
                sqlx::query_as(self.0)
            }

            /// A query that answers one column.
            pub(super) fn query_scalar<'q, D: Database, O>(
                self,
            ) -> QueryScalar<'q, D, O, <D as Database>::Arguments>
            where
                (O,): for<'r> FromRow<'r, D::Row>,
            {
                sqlx::query_scalar(self.0)
            }
        }
    };
}
unwalled!(Common);
unwalled!(Across);

impl Common {
    /// Fails to compile when the text names a table that belongs to partners.
    pub(super) const fn new(text: &'static str) -> Self {
        assert!(
            !contains_any(text, WALLED_TABLES),
            "the text names a table that belongs to partners: make it Walled"
        );
        Self(text)
    }
}

impl Across {
    /// A text that is needed for the reason `why`.
    pub(super) const fn new(text: &'static str, why: &'static str) -> Self {
        assert!(!why.is_empty(), "expected the reason to look across walls");
        Self(text)
    }

    /// The text that adds so many rows of so many values and then says `end`; each row names its partner.
    pub(super) fn rows<D: Database>(self, rows: usize, values: usize, end: &str) -> Rows
    where
        Option<i64>: for<'q> Encode<'q, D> + Type<D>,
    {
        let mut builder = self.builder::<D>();
        builder.push_values(0..rows, |mut row, _| {
            for _ in 0..values {
                row.push_bind(None::<i64>);
            }
        });
        builder.push(end);
        Rows(builder.into_sql())
    }

    /// The beginning of a statement that rows are added to; each row names its partner.
    pub(super) fn builder<D: Database>(self) -> sqlx::QueryBuilder<D> {
        sqlx::QueryBuilder::new(self.0)
    }
}

const fn contains_any(text: &str, parts: &[&str]) -> bool {
    let mut part = 0;
    while part < parts.len() {
        if contains(text, parts[part]) {
            return true;
        }
        part += 1;
    }
    false
}

const fn contains(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut start = 0;
    while start + part.len() <= text.len() {
        let mut same = 0;
        while same < part.len() && text[start + same] == part[same] {
            same += 1;
        }
        if same == part.len() {
            return true;
        }
        start += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_text_on_partners_rows_names_the_partner_first() {
        for text in [
            "select 1 from timing_reads where partner_id = $1 and id = $2",
            "insert into timing_lines (partner_id, id) values ($1, $2)",
        ] {
            Walled::new(text);
        }
        for text in [
            "select 1 from timing_reads where id = $1",
            "delete from timing_lines where partner_id = $2 and id = $1",
            "insert into timing_lines (id, partner_id) values ($1, $2)",
        ] {
            assert!(catch_unwind(|| Walled::new(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_text_on_display_sessions_asks_what_the_person_may_do() {
        let own = "select 1 from display_sessions where partner_id = $1 and id = $2";
        assert!(catch_unwind(|| Walled::new(own)).is_err());
        assert!(catch_unwind(|| Walled::unattended(own, "")).is_err());
        Walled::unattended(own, "screens are nobody in particular");
        assert!(catch_unwind(|| Personal::new(own)).is_err());
        for table in WORKSPACE_TABLES {
            assert!(WALLED_TABLES.contains(table), "{table}");
        }
        for rule in [access::seen!(), access::editable!()] {
            let text = format!("select 1 from display_sessions where {rule}").leak();
            Personal::new(text);
        }
    }

    #[test]
    fn a_common_text_names_no_table_of_partners() {
        Common::new("select email from users where id = $1");
        for table in WALLED_TABLES {
            let text: &'static str = format!("select 1 from {table}").leak();
            assert!(catch_unwind(|| Common::new(text)).is_err(), "{table}");
        }
    }
}
