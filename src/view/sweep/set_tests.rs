//! Drawings of sweeps that compare sets, held against the engine's own books at every event.

use super::ranges::{self, Look, asking_set};
use super::symbols::{self, Peeling};
use super::{Shown, policy, shown, talk};
use crate::engine::node::sweeps::SweepOutcome;
use crate::lab::{Session, Stride, script_from_file};

/// A thousand rows, of which A has three newer ones, and C two that A has not.
fn run(method: &str) -> Session {
    let write = |client: &str, via: &str, key: &str| {
        format!(r#"{{"at":"2s","do":"write","client":"{client}","via":"{via}","key":"{key}","value":"new","level":"ONE"}},"#)
    };
    let writes: String = [("c0", "A", "key-1"), ("c0", "A", "key-2"), ("c0", "A", "key-3"), ("c1", "C", "x"), ("c1", "C", "y")]
        .iter()
        .map(|(c, v, k)| write(c, v, k))
        .collect();
    let file = format!(
        r#"{{"format":"drift-run","version":1,"engine":2,"run":{{"title":"t","about":"","seed":1,"end":"9s",
        "config":{{"nodes":3,"clients":["a","b"],"settings":{{"read":{{"repair":"off"}}}}}},
        "commands":[{{"at":"0s","do":"preload","count":1000,"seed":3}},{{"at":"1s","do":"cut","islands":[["C","c1"]]}},{writes}
        {{"at":"3s","do":"mend-all"}},{{"at":"4s","do":"sweep","a":"A","b":"C","policy":{{"method":"{method}"}}}}]}}}}"#
    );
    let mut session = Session::open(script_from_file(&file).expect("a sound file")).expect("within bounds");
    let began = session.sweep_log().begun()[0].0;
    session.seek_event(began.0 + 1);
    session
}

fn seen(session: &Session) -> Shown<'_> {
    shown(session, None).expect("a sweep")
}

#[test]
fn ranges_drawn_as_compared_are_those_that_the_ledger_counts() {
    let mut session = run("ranges");
    let id = seen(&session).cost.session;
    let set = asking_set(&session.peek(seen(&session).began.0 + 1).world, id).expect("it is at it");
    let tree = policy(&session, id).unwrap_or_default().tree;
    let mut steps = 0;
    loop {
        let cost = seen(&session).cost;
        let levels = ranges::levels(&session, id, tree, &set);
        let prints = |differs: bool| {
            let parts = levels.iter().filter(|level| level.answered).flat_map(|level| &level.parts);
            parts.filter(|part| part.hash.is_some() && (!differs || part.look == Look::Differs)).count() as u64
        };
        assert_eq!(prints(false), cost.hashes_compared(), "event {}", session.cursor());
        let differed: u64 = cost.levels.iter().map(|level| level.differed).sum();
        // A part differs in the drawing once the message that goes into it has left, which is the very event after it was compared.
        assert!(differed - prints(true) <= cost.levels.last().map_or(0, |level| level.differed), "event {}", session.cursor());
        let drawing = ranges::drawing(&levels, (900.0, 400.0));
        assert_eq!(drawing.rows.len(), levels.len());
        for cell in drawing.rows.iter().flat_map(|row| &row.cells) {
            assert!(cell.at.x >= 0.0 && cell.at.right() <= 901.0 && cell.at.bottom() <= drawing.size.1, "{cell:?}");
        }
        if cost.ended.is_some() {
            assert_eq!(prints(true), differed);
            let last = levels.iter().flat_map(|level| &level.parts).filter(|part| !part.list.is_empty());
            let entries: Vec<_> = last.flat_map(|part| &part.list).filter(|entry| entry.asking != entry.answering).collect();
            assert_eq!(entries.len() as u64, cost.keys_differed);
            // What A lacked has come; of what C lacked only the newer rows of keys that it had moved, and they came too.
            assert!(entries.iter().all(|entry| entry.came));
            break;
        }
        session.step(Stride::Event);
        steps += 1;
    }
    assert!(steps > 10);
}

#[test]
fn symbols_drawn_are_those_that_the_node_has() {
    let mut session = run("sketch");
    let (id, began) = (seen(&session).cost.session, seen(&session).began);
    let set = asking_set(&session.peek(began.0 + 1).world, id).expect("it is at it");
    let tree = policy(&session, id).unwrap_or_default().tree;
    let mut kept = Peeling::new((session.current(), began), set.clone());
    let draw = |session: &Session, kept: &mut Peeling| symbols::drawing(session, id, tree, kept, (900.0, 500.0));
    let empty = draw(&session, &mut kept);
    assert!(empty.cells.is_empty() && empty.found.is_empty());
    while seen(&session).cost.ended.is_none() {
        session.step(Stride::Event);
        let (here, fresh) = (draw(&session, &mut kept), draw(&session, &mut Peeling::new((session.current(), began), set.clone())));
        assert_eq!(here, fresh, "read on or read anew");
    }
    let made = draw(&session, &mut kept);
    assert_eq!(seen(&session).cost.ended.expect("it did").1, SweepOutcome::Repaired { pulled: 5, pushed: 3 });
    assert_eq!((made.counts.0, made.done, made.found.len() as u64), (16, true, seen(&session).cost.keys_differed));
    assert_eq!(made.found.iter().filter(|found| found.peeled.mine).count(), 3, "three newer rows of A");
    // Each digest stood alone in a symbol that it takes part in, and that symbol says so.
    for found in &made.found {
        assert!(symbols::places(found.peeled.item, 16).contains(&found.peeled.place));
        let cell = made.cells.iter().find(|cell| cell.place == found.peeled.place).expect("it has come");
        assert_eq!((cell.look, cell.order, cell.left), (symbols::Look::Gave, Some(found.order), 0));
    }
    // What was in each symbol at first is what the digests found in it make.
    for cell in &made.cells {
        let in_it = made.found.iter().filter(|found| symbols::places(found.peeled.item, 16).contains(&cell.place));
        assert_eq!(cell.start, in_it.map(|found| if found.peeled.mine { -1 } else { 1 }).sum::<i32>());
    }
    session.seek_event(began.0 + 1);
    assert_eq!(draw(&session, &mut kept), empty, "backwards it is read anew");
    assert!(talk::talk(&session, id).len() <= 1);
}

#[test]
fn more_than_fits_is_left_out_and_counted() {
    let session = run("sketch");
    assert!(policy(&session, seen(&session).cost.session).is_none(), "nothing has been said yet");
    let part = |from: u64| ranges::Part {
        from: from << 48,
        last: (from << 48) | ((1 << 48) - 1),
        look: Look::Differs,
        hash: Some(from),
        list: Vec::new(),
        one_sided: false,
    };
    let level = |parts: Vec<ranges::Part>| ranges::Level {
        from_asking: false,
        event: seen(&session).began,
        bytes: 9,
        fate: talk::Fate::There,
        answered: true,
        parts,
    };
    let whole: Vec<ranges::Part> =
        (0..40u64).map(|n| ranges::Part { last: (((n + 1) << 51) - 1), ..ranges::Part { from: n << 51, ..part(0) } }).collect();
    let below: Vec<ranges::Part> = (0..320).map(part).collect();
    let drawing = ranges::drawing(&[level(whole), level(below)], (600.0, 300.0));
    let [first, second] = &drawing.rows[..] else { panic!("two") };
    assert_eq!((first.cells.len(), first.left_out), (40, 0));
    assert_eq!(second.cells.len() + second.left_out, 320);
    assert!(second.left_out > 200 && drawing.funnels.len() * 8 == second.cells.len());
}
