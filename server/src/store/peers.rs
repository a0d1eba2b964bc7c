//! Where the hardware of a timing session came from, as far as the lines tell that were kept of it.

use std::collections::HashSet;

use gantry_core::chronotrack::message::Message;

use super::{
    PartnerId, Result, Store, TimingSessionId, db::reading, quarantine::NAMELESS, sql::Walled,
};

const PEERS: Walled = Walled::new(
    "select peer from timing_lines where partner_id = $1 and timing_session_id = $2 group by peer order by max(received_at) desc",
);

/// Lines in which hardware names its connection.
const NAMINGS: Walled = Walled::new(
    "select peer, raw from timing_lines where partner_id = $1 and timing_session_id = $2 and raw >= $3 and raw < $4
    group by peer, raw",
);

const CONNECTIONS: Walled = Walled::new(
    "select connection from timing_streams where partner_id = $1 and timing_session_id = $2 group by connection",
);

impl Store {
    /// Addresses and ports that lines of a session came from, newest first.
    pub async fn peers(&self, partner: PartnerId, session: TimingSessionId) -> Result<Vec<String>> {
        reading!(self.db, partner, conn => PEERS.query_scalar(partner)
            .bind(session)
            .fetch_all(conn)
            .await)
    }

    /// How many of a session's connections no line tells of where they come from: it was not kept, or waits elsewhere.
    pub async fn connections_from_nowhere(
        &self,
        partner: PartnerId,
        session: TimingSessionId,
    ) -> Result<usize> {
        let peers = self.peers(partner, session).await?;
        let (connections, namings): (Vec<String>, Vec<(String, Vec<u8>)>) = reading!(self.db, partner, conn => {
            let connections = CONNECTIONS.query_scalar(partner)
                .bind(session)
                .fetch_all(&mut *conn)
                .await?;
            let namings = NAMINGS.query_as(partner)
                .bind(session)
                .bind(&b"ack~getconnectionid~"[..])
                .bind(&b"ack~getconnectionid\x7f"[..])
                .fetch_all(&mut *conn)
                .await?;
            (connections, namings)
        });
        Ok(from_nowhere(&connections, &peers, &namings))
    }
}

/// How many connections come from none of the peers. Those without a name are others each time, and so are their peers.
fn from_nowhere(connections: &[String], peers: &[String], namings: &[(String, Vec<u8>)]) -> usize {
    let (nameless, named): (Vec<&String>, Vec<&String>) = connections
        .iter()
        .partition(|connection| connection.starts_with(NAMELESS));
    let mut told = HashSet::new();
    let mut tellers = HashSet::new();
    for (peer, raw) in namings {
        if let Ok(Message::ConnectionId(id)) = Message::parse(raw) {
            told.insert(id);
            tellers.insert(peer);
        }
    }
    let untold = named.iter().filter(|name| !told.contains(**name)).count();
    let silent = peers.iter().filter(|peer| !tellers.contains(peer)).count();
    untold + nameless.len().saturating_sub(silent)
}
