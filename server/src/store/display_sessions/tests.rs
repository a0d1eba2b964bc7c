use super::*;
use crate::store::{
    DisplayChange, EventKind, Origin, Person, Role, Store,
    testing::{self, NOW, Place, race, somebody, workspace},
};

/// Acme and its people: an owner, three operators and a viewer.
struct Acme {
    store: Store,
    origin: Origin,
    boss: Person,
    ann: Person,
    ben: Person,
    cat: Person,
    vera: Person,
    place: Place,
}

async fn acme() -> Acme {
    let (store, place) = testing::store().await;
    let origin = race(&store).await;
    let person = async |name: &str, role| {
        let email = format!("{name}@example.org");
        somebody(&store, origin.partner_id, &email, role).await
    };
    Acme {
        boss: person("boss", Role::Owner).await,
        ann: person("ann", Role::Operator).await,
        ben: person("ben", Role::Operator).await,
        cat: person("cat", Role::Operator).await,
        vera: person("vera", Role::Viewer).await,
        origin,
        place,
        store,
    }
}

impl Acme {
    async fn access(&self, person: Person, id: DisplaySessionId) -> Option<Access> {
        let one = self.store.display_session(person, id).await.expect("reads");
        let page = Page {
            archived_too: true,
            before: None,
            limit: 10,
        };
        let all = self.store.display_sessions(person, page).await;
        let listed = all
            .expect("lists")
            .into_iter()
            .find(|session| session.id == id);
        assert_eq!(one, listed, "a list shows what can be found");
        one.map(|session| session.access)
    }

    async fn rename(&self, person: Person, session: &DisplaySession) -> Option<Refusal> {
        let change = SessionChange {
            name: Some("Another".to_owned()),
            ..SessionChange::default()
        };
        let changed = self
            .store
            .change_display_session(person, session.id, None, &change, NOW)
            .await;
        changed.expect("answers").err()
    }

    async fn share(&self, session: &DisplaySession, with: Person, access: Access) {
        let shared = self
            .store
            .share(self.ann, session.id, None, with.user, access, NOW)
            .await;
        assert_eq!(shared.expect("answers"), Ok(Some(())));
    }
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name_and_counts() {
    let acme = acme().await;
    let (store, ann) = (&acme.store, acme.ann);
    let session = workspace(store, ann, &[]).await;
    assert_eq!(session.revision, 1);
    let change = SessionChange {
        mode: Some(SessionMode::PreRace),
        timing_sessions: Some(vec![acme.origin.timing_session_id]),
        settings: Some("{\"a\":1}".to_owned()),
        ..SessionChange::default()
    };
    let changed = store
        .change_display_session(ann, session.id, Some(1), &change, NOW + 1)
        .await
        .expect("answers")
        .expect("changes");
    let expected = DisplaySession {
        mode: SessionMode::PreRace,
        updated_at: NOW + 1,
        revision: 2,
        settings: Some("{\"a\":1}".to_owned()),
        ..session.clone()
    };
    assert_eq!(changed, expected);
    let bindings = store.bindings(ann, std::slice::from_ref(&session)).await;
    assert_eq!(
        bindings.expect("reads")[&session.id],
        [acme.origin.timing_session_id]
    );
    let settings = store
        .latest_event(ann, session.id, EventKind::Settings)
        .await;
    assert_eq!(
        settings.expect("reads").expect("is there").body,
        "{\"a\":1}"
    );

    let late = store
        .change_display_session(ann, session.id, Some(1), &change, NOW + 2)
        .await;
    assert_eq!(
        late.expect("answers"),
        Err(Refusal::Stale(Box::new(expected.clone())))
    );
    let late = store
        .replace_roster(ann, session.id, Some(1), "{}", 3, NOW)
        .await;
    assert_eq!(
        late.expect("answers"),
        Err(Refusal::Stale(Box::new(expected)))
    );
    let after = store.latest_event(ann, session.id, EventKind::Roster).await;
    assert_eq!(after.expect("reads"), None, "nothing of it was stored");
}

#[tokio::test]
async fn a_session_is_its_owners_and_of_whom_it_was_shared_with() {
    let acme = acme().await;
    let session = workspace(&acme.store, acme.ann, &[]).await;
    let id = session.id;
    assert_eq!(acme.access(acme.ann, id).await, Some(Access::Owner));
    assert_eq!(acme.access(acme.boss, id).await, Some(Access::Owner));
    for stranger in [acme.ben, acme.cat, acme.vera] {
        assert_eq!(acme.access(stranger, id).await, None);
        assert_eq!(acme.rename(stranger, &session).await, Some(Refusal::Unseen));
        let copied = acme
            .store
            .duplicate_display_session(stranger, id, DisplaySessionId::new(), "Mine", NOW)
            .await;
        assert_eq!(copied.expect("answers"), None);
        let display = acme
            .store
            .add_display(stranger, id, "a1b2c3d4", NOW, NOW + 1)
            .await;
        assert!(display.expect("answers").is_none());
    }
    acme.share(&session, acme.ben, Access::Edit).await;
    acme.share(&session, acme.cat, Access::View).await;
    acme.share(&session, acme.vera, Access::Edit).await;
    assert_eq!(acme.access(acme.ben, id).await, Some(Access::Edit));
    assert_eq!(acme.access(acme.cat, id).await, Some(Access::View));
    assert_eq!(acme.access(acme.vera, id).await, Some(Access::View));
    assert_eq!(acme.rename(acme.ben, &session).await, None);
    assert_eq!(
        acme.rename(acme.cat, &session).await,
        Some(Refusal::NotAllowed)
    );
    let removed = acme
        .store
        .remove_display_session(acme.ben, id, None, NOW)
        .await;
    assert_eq!(removed.expect("answers").err(), Some(Refusal::NotAllowed));
    let shared = acme
        .store
        .share(acme.ben, id, None, acme.cat.user, Access::Edit, NOW)
        .await;
    assert_eq!(shared.expect("answers"), Err(Refusal::NotAllowed));

    let ended = acme
        .store
        .unshare(acme.ann, id, None, acme.ben.user, NOW)
        .await;
    assert_eq!(ended.expect("answers"), Ok(Some(())));
    assert_eq!(acme.access(acme.ben, id).await, None);
    acme.store
        .remove_role(acme.cat.user, acme.cat.partner)
        .await
        .expect("leaves");
    assert_eq!(
        acme.access(acme.cat, id).await,
        None,
        "who left sees nothing"
    );
}

#[tokio::test]
async fn a_display_is_seen_by_whoever_sees_its_session() {
    let acme = acme().await;
    let session = workspace(&acme.store, acme.ann, &[]).await;
    let store = &acme.store;
    let added = store
        .add_display(acme.ann, session.id, "a1b2c3d4", NOW, NOW + 10)
        .await;
    assert!(added.expect("answers").is_some());
    let again = store
        .add_display(acme.ann, session.id, "a1b2c3d4", NOW, NOW + 10)
        .await;
    assert!(again.expect("answers").is_none(), "an id is used once");
    let seen = async |person| {
        let one = store.display(person, "a1b2c3d4").await.expect("reads");
        let all = store.displays(person, None, 9).await.expect("lists");
        assert_eq!(one.is_some(), all.len() == 1);
        one.is_some()
    };
    let ended = async |person| {
        let change = DisplayChange {
            expires_at: Some(NOW + 20),
            ..DisplayChange::default()
        };
        let extended = store.change_display(person, "a1b2c3d4", &change, NOW).await;
        let revoked = store.revoke_display(person, "a1b2c3d4", NOW).await;
        let revoked = revoked.expect("answers").is_some();
        let extended = extended.expect("answers").expect("there is room");
        assert_eq!(extended.is_some(), revoked);
        revoked
    };
    assert!(!seen(acme.ben).await && !ended(acme.ben).await);
    acme.share(&session, acme.ben, Access::View).await;
    assert!(seen(acme.ben).await && !ended(acme.ben).await);
    acme.share(&session, acme.ben, Access::Edit).await;
    assert!(ended(acme.ben).await);
}

#[tokio::test]
async fn what_was_nobodys_stays_everybodys_until_it_is_handed_over() {
    let acme = acme().await;
    let session = workspace(&acme.store, acme.ann, &[]).await;
    testing::disown(&acme.store, acme.ann.partner, session.id).await;
    assert_eq!(acme.access(acme.ben, session.id).await, Some(Access::Owner));
    assert_eq!(acme.access(acme.vera, session.id).await, Some(Access::View));
    assert_eq!(acme.rename(acme.ben, &session).await, None);
    let give = async |from, to: Person| {
        let given = acme
            .store
            .hand_over_display_session(from, session.id, None, to.user, NOW)
            .await;
        given.expect("answers")
    };
    assert_eq!(
        give(acme.ben, acme.vera).await,
        Ok(None),
        "a viewer runs nothing"
    );
    assert_eq!(give(acme.ben, acme.cat).await, Ok(Some(())));
    assert_eq!(acme.access(acme.cat, session.id).await, Some(Access::Owner));
    assert_eq!(acme.access(acme.ben, session.id).await, None);
    assert_eq!(give(acme.cat, acme.ben).await, Ok(Some(())));
    assert_eq!(acme.access(acme.ben, session.id).await, Some(Access::Owner));
    assert_eq!(
        acme.access(acme.cat, session.id).await,
        Some(Access::Edit),
        "whoever gives it away goes on working on it"
    );
}

#[tokio::test]
async fn a_duplicate_has_everything_but_displays_and_shares() {
    let acme = acme().await;
    let store = &acme.store;
    let session = workspace(store, acme.ann, &[acme.origin.timing_session_id]).await;
    let replaced = store
        .replace_roster(acme.ann, session.id, None, "{\"r\":1}", 7, NOW)
        .await;
    assert_eq!(replaced.expect("answers"), Ok(2));
    let added = store
        .add_display(acme.ann, session.id, "a1b2c3d4", NOW, NOW + 9)
        .await;
    assert!(added.expect("answers").is_some());
    acme.share(&session, acme.cat, Access::Edit).await;
    acme.share(&session, acme.ben, Access::View).await;
    let id = DisplaySessionId::new();
    let copy = store
        .duplicate_display_session(acme.ben, session.id, id, "Ben's", NOW + 5)
        .await
        .expect("answers")
        .expect("is seen");
    let expected = DisplaySession {
        id,
        name: "Ben's".to_owned(),
        owner_id: Some(acme.ben.user),
        participants: 7,
        created_at: NOW + 5,
        updated_at: NOW + 5,
        ..session.clone()
    };
    assert_eq!(copy, expected);
    let roster = store.latest_event(acme.ben, id, EventKind::Roster).await;
    assert_eq!(roster.expect("reads").expect("is there").body, "{\"r\":1}");
    assert_eq!(
        store
            .bound(acme.origin.partner_id, id)
            .await
            .expect("reads"),
        [acme.origin.timing_session_id]
    );
    assert_eq!(acme.access(acme.cat, id).await, None);
    let displays = store.displays(acme.ben, None, 9).await.expect("lists");
    assert!(
        displays
            .iter()
            .all(|display| display.display_session_id != id)
    );
}

#[tokio::test]
async fn an_archived_session_is_read_only_and_dark() {
    let acme = acme().await;
    let store = &acme.store;
    let session = workspace(store, acme.ann, &[]).await;
    let added = store
        .add_display(acme.ann, session.id, "a1b2c3d4", NOW, NOW + 9)
        .await;
    assert!(added.expect("answers").is_some());
    let (archived, ended) = store
        .archive_display_session(acme.ann, session.id, Some(1), NOW + 1)
        .await
        .expect("answers")
        .expect("archives");
    assert_eq!(archived.archived_at(), Some(NOW + 1));
    assert_eq!(ended[0].revoked_at(), Some(NOW + 1));
    assert_eq!(
        acme.rename(acme.ann, &session).await,
        Some(Refusal::Archived)
    );
    let display = store
        .add_display(acme.ann, session.id, "b1b2c3d4", NOW, NOW + 9)
        .await;
    assert!(display.expect("answers").is_none());
    let page = Page {
        archived_too: false,
        before: None,
        limit: 9,
    };
    assert_eq!(
        store.display_sessions(acme.ann, page).await.expect("lists"),
        []
    );
    let restored = store
        .restore_display_session(acme.ann, session.id, None, NOW + 2)
        .await;
    assert_eq!(
        restored.expect("answers").expect("restores").archived_at(),
        None
    );
    assert_eq!(acme.rename(acme.ann, &session).await, None);
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let acme = acme().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(workspace(&acme.store, acme.ann, &[]).await.id);
        workspace(&acme.store, acme.ben, &[]).await;
    }
    made.reverse();
    let mut seen: Vec<DisplaySessionId> = Vec::new();
    loop {
        let page = Page {
            archived_too: false,
            before: seen.last().copied(),
            limit: 2,
        };
        let sessions = acme
            .store
            .display_sessions(acme.ann, page)
            .await
            .expect("lists");
        if sessions.is_empty() {
            break;
        }
        seen.extend(sessions.iter().map(|session| session.id));
    }
    assert_eq!(seen, made);
}

#[tokio::test]
async fn another_partner_can_neither_see_nor_touch_it() {
    let acme = acme().await;
    let store = &acme.store;
    let session = workspace(store, acme.ann, &[]).await;
    let other = store.add_partner("Other", NOW).await.expect("adds");
    let other = other.expect("is new").id;
    let olga = somebody(store, other, "olga@example.org", Role::Owner).await;
    // Somebody who works for both sees each only as whom they act for.
    let set = store.set_role(acme.ann.user, other, Role::Owner, NOW).await;
    set.expect("joins");
    let ann_there = Person {
        partner: other,
        user: acme.ann.user,
    };
    for stranger in [olga, ann_there] {
        assert_eq!(acme.access(stranger, session.id).await, None);
        assert_eq!(acme.rename(stranger, &session).await, Some(Refusal::Unseen));
        let removed = store
            .remove_display_session(stranger, session.id, None, NOW)
            .await;
        assert_eq!(removed.expect("answers").err(), Some(Refusal::Unseen));
        let archived = store
            .archive_display_session(stranger, session.id, None, NOW)
            .await;
        assert_eq!(archived.expect("answers").err(), Some(Refusal::Unseen));
        let display = store
            .add_display(stranger, session.id, "a1b2c3d4", NOW, NOW + 1)
            .await;
        assert!(display.expect("answers").is_none());
    }
    let shared = store
        .share(acme.ann, session.id, None, olga.user, Access::View, NOW)
        .await;
    assert_eq!(shared.expect("answers"), Ok(None), "olga is no colleague");
}

#[tokio::test]
async fn a_removed_session_takes_its_displays_with_it() {
    let acme = acme().await;
    let store = &acme.store;
    let session = workspace(store, acme.ann, &[]).await;
    let added = store
        .add_display(acme.ann, session.id, "a1b2c3d4", NOW, NOW + 10)
        .await;
    assert!(added.expect("answers").is_some());
    let ended = store
        .remove_display_session(acme.ann, session.id, None, NOW + 1)
        .await
        .expect("answers")
        .expect("removes");
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].revoked_at(), Some(NOW + 1));
    let display = store.shared_display("a1b2c3d4").await.expect("reads");
    assert_eq!(
        display.and_then(|display| display.revoked_at()),
        Some(NOW + 1)
    );
    let gone = store.display_session(acme.ann, session.id).await;
    assert_eq!(gone.expect("reads"), None);
}

#[tokio::test]
async fn a_position_that_was_taken_unseen_hinders_one_change_at_most() {
    let acme = acme().await;
    let session = workspace(&acme.store, acme.ann, &[]).await;
    // To this store, what another one stores is like a commit whose success it never heard of.
    let other = Store::open(&acme.place.database).await.expect("opens");
    let change = |name: &str| SessionChange {
        settings: Some(format!("{{\"name\":\"{name}\"}}")),
        ..SessionChange::default()
    };
    let set = async |store: &Store, name: &str| {
        store
            .change_display_session(acme.ann, session.id, None, &change(name), NOW)
            .await
    };
    set(&other, "a").await.expect("stores").expect("is allowed");
    let before = acme.store.last_position().await.expect("reads");
    set(&acme.store, "b")
        .await
        .expect_err("the position is taken");
    set(&acme.store, "c")
        .await
        .expect("stores")
        .expect("is allowed");
    let after = acme.store.last_position().await.expect("reads");
    assert_eq!(after, before + 2);
    let settings = acme
        .store
        .latest_event(acme.ann, session.id, EventKind::Settings)
        .await;
    let settings = settings.expect("reads").expect("is there");
    assert_eq!(
        (settings.position, settings.body.as_str()),
        (after, "{\"name\":\"c\"}")
    );
    other.close().await;
}

#[tokio::test]
async fn a_change_that_nobody_waits_for_leaves_no_doubt_behind() {
    let acme = acme().await;
    let session = workspace(&acme.store, acme.ann, &[]).await;
    let other = Store::open(&acme.place.database).await.expect("opens");
    let roster = async |store: &Store| {
        store
            .replace_roster(acme.ann, session.id, None, "{}", 1, NOW)
            .await
    };
    // It takes effect, and whoever asked is gone before it says so.
    let abandoned = acme.store.after_last(1, async |_last| {
        roster(&other).await.expect("stores").expect("is allowed");
        std::future::pending::<Result<()>>().await
    });
    tokio::select! {
        biased;
        _ = abandoned => panic!("it never ends"),
        () = async {
            while other.last_position().await.expect("reads") < 2 {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    roster(&acme.store)
        .await
        .expect("stores")
        .expect("is allowed");
    assert_eq!(acme.store.last_position().await.expect("reads"), 3);
    other.close().await;
}
