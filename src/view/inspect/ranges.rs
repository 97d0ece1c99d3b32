//! What can be done to the ring from a node: split or merge its ranges, let it take one over, have it clean up.

use super::node::Act;
use crate::engine::base::NodeId;
use crate::engine::data::Key;
use crate::engine::world::{Command, RangeOf, Status};
use crate::lab::Session;
use crate::view::glyph::Icon;

/// The actions, in the order of the buttons. `key` is the key that is looked at.
pub fn acts(session: &Session, node: NodeId, key: Option<&Key>) -> Vec<Act> {
    let ring = session.world().ring();
    let count = ring.tokens().len();
    let owns = |i: &usize| ring.tokens()[*i].1 == node;
    let act = |id, label: String, icon, command: Command, missing: Option<String>| {
        let why_not = missing.or_else(|| command.check_ring(ring).err().map(|e| e.problem));
        Act { id, label, icon, command, why_not }
    };
    let of_key = key.map(|key| ring.entry_of(key.token())).filter(|i| *i < count).filter(owns);
    let widest = (0..count).filter(owns).max_by_key(|i| ring.arc(*i).width());
    let nothing = || format!("{node} owns no range");
    let named = |i: Option<usize>| RangeOf::Token(i.map(|i| ring.arc(i).right).unwrap_or_default());
    let (split, whose) = match (of_key, key) {
        (Some(i), Some(key)) => (Some(i), format!("its range of {key}")),
        _ => (widest, "its widest range".to_owned()),
    };
    let pair = (0..count).filter(owns).find(|i| count > 1 && ring.tokens()[(i + 1) % count].1 == node);
    let range = key.map_or(RangeOf::Token(crate::engine::data::Token(0)), |key| RangeOf::Key(key.clone()));
    let over = key.map_or_else(|| "Take over a range".to_owned(), |key| format!("Take over the range of {key}"));
    let down = session.world().host(node).is_none_or(|host| host.status == Status::Down);
    vec![
        act(
            "split",
            format!("Split {whose}"),
            Icon::Scissors,
            Command::Split { range: named(split), cut: None },
            split.is_none().then(nothing),
        ),
        act(
            "merge",
            "Merge two of its ranges".to_owned(),
            Icon::Link,
            Command::Merge { range: named(pair) },
            pair.is_none().then(|| format!("{node} owns no two ranges side by side")),
        ),
        act("take", over, Icon::Arrow, Command::Move { range, to: node }, key.is_none().then(|| "choose a key first".to_owned())),
        act("cleanup", "Clean up".to_owned(), Icon::Wipe, Command::Cleanup { node }, down.then(|| format!("{node} is down"))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Micros;
    use crate::lab::Script;

    #[test]
    fn what_the_ring_cannot_be_is_no_button_and_the_rest_is_done_at_once() {
        let script: Script = serde_json::from_str(r#"{"seed": 3, "end": "9s"}"#).expect("a script");
        let mut session = Session::open(script).expect("within bounds");
        session.seek_time(Micros::secs(1));
        let key = Key::new("cart");
        let owner = session.world().ring().replicas(key.token(), &1.into())[0];
        let of = |session: &Session, id: &str| acts(session, owner, Some(&key)).into_iter().find(|act| act.id == id).expect("a button");
        let open =
            |session: &Session| acts(session, owner, Some(&key)).iter().filter(|a| a.why_not.is_none()).map(|a| a.id).collect::<Vec<_>>();
        assert_eq!(open(&session), ["split", "cleanup"], "it owns the range and has no other");
        assert!(acts(&session, owner, None).iter().any(|a| a.id == "take" && a.why_not.is_some()));
        let before = session.world().ring().tokens().len();
        session.act(of(&session, "split").command).expect("accepted");
        assert_eq!((session.world().ring().tokens().len(), open(&session)), (before + 1, vec!["split", "merge", "cleanup"]));
        session.act(of(&session, "merge").command).expect("accepted");
        assert_eq!(session.world().ring().tokens().len(), before);
        let other = NodeId((owner.0 + 1) % 5);
        let take = acts(&session, other, Some(&key)).into_iter().find(|act| act.id == "take").expect("a button");
        assert_eq!(take.label, "Take over the range of cart");
        session.act(take.command).expect("accepted");
        assert_eq!(session.world().ring().replicas(key.token(), &1.into()), [other]);
        assert!(of(&session, "split").why_not.is_some(), "its only range is gone");
    }
}
