//! The quorum tracker and the digests held against the coordinator's own state.

use super::*;

/// Two zones of three nodes; `cart:ada` has three copies in each. Coordinators hear of trouble within 120 ms.
fn zoned(level: &str, verb: &str, faults: &str) -> Session {
    let value = if verb == "write" { r#","value":"tea""# } else { "" };
    session(&format!(
        r#"{{"end":"9s","seed":7,"config":{{"nodes":6,"topology":{{"zones":[{{"name":"north"}},{{"name":"south"}}]}},
        "network":{{"latency":{{"fixed":"10ms"}}}},"settings":{{"replicas":[3,3]}}}},
        "commands":[{faults}{{"at":"10ms","do":"{verb}","client":"c0","via":"A","key":"cart:ada","level":"{level}"{value}}}]}}"#
    ))
}

fn tracker(run: &Session) -> Tracker {
    view(run).quorum.expect("a coordinator has taken it up")
}

fn tally(t: &Tracker) -> (u32, u32, u32, u32) {
    (t.needed, t.got, t.failed, t.waiting)
}

#[test]
fn a_read_counts_up_to_what_its_level_needs() {
    let mut run = quick("", DRIFT);
    run.seek_time(Micros::ms(315));
    let asked = tracker(&run);
    assert_eq!((tally(&asked), asked.met()), ((2, 0, 0, 2), false));
    assert_eq!(asked.words, "QUORUM needs 2 answers: nobody has answered, C and D are waited for.");
    run.seek_time(Micros::secs(2));
    let over = tracker(&run);
    assert_eq!((tally(&over), over.met(), over.latch), ((2, 2, 0, 0), true, Some((1, 1))));
    let seats: Vec<(String, SeatState)> = over.seats.iter().map(|s| (s.node.to_string(), s.state)).collect();
    assert_eq!(seats, [("C", SeatState::Got), ("D", SeatState::Got), ("E", SeatState::Spare)].map(|(n, s)| (n.to_owned(), s)));
}

#[test]
fn zones_are_counted_one_by_one() {
    let mut each = zoned("EACH_QUORUM", "write", "");
    each.seek_time(Micros::ms(45));
    let t = tracker(&each);
    let zones: Vec<(&str, Option<u32>)> = t.zones.iter().map(|z| (z.name.as_str(), z.needed)).collect();
    assert_eq!((t.needed, zones), (4, vec![("north", Some(2)), ("south", Some(2))]));
    assert!(t.zones[0].got >= 2 && t.got <= t.needed, "a surplus in the north does not count: {t:?}");
    let mut torn = zoned("EACH_QUORUM", "write", r#"{"at":"1ms","do":"cut","islands":[["D","E","F"]]},"#);
    torn.seek_time(Micros::ms(100));
    assert!(view_has(&torn, State::Now, "Wait: 2 of 4 confirmed"), "{:?}", ladder(&view(&torn)));
    let mut local = zoned("LOCAL_QUORUM", "write", r#"{"at":"1ms","do":"cut","islands":[["D","E","F"]]},"#);
    local.seek_time(Micros::ms(100));
    let t = tracker(&local);
    let zones: Vec<(Option<u32>, u32)> = t.zones.iter().map(|z| (z.needed, z.got)).collect();
    assert_eq!((t.needed, t.got, t.met(), zones), (2, 3, true, vec![(Some(2), 3), (None, 0)]));
    assert_eq!(
        t.seats.iter().filter(|s| s.lost && s.state == SeatState::Waiting).count(),
        1,
        "one message went south, to be passed on: {t:?}"
    );
    let southern: Vec<(String, String)> =
        view(&local).known.into_iter().filter(|r| r.node.0 > 2).map(|r| (r.node.to_string(), r.head)).collect();
    let heads = |head: &str| southern.iter().filter(|(_, h)| h == head).count();
    assert_eq!((heads("sent the write"), heads("gets it passed on")), (1, 2), "{southern:?}");
    assert!(view(&local).ladder.steps.iter().any(|s| s.text.ends_with("to pass on")));
    let mut plain = zoned("QUORUM", "write", "");
    plain.seek_time(Micros::ms(45));
    assert!(tracker(&plain).zones.is_empty(), "QUORUM does not tell zones apart");
}

#[test]
fn what_does_not_come_fails_when_time_is_up_and_what_is_lost_is_told_apart() {
    let write = r#"{"at":"10ms","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea","level":"ALL"}"#;
    let mut run = quick("", &format!(r#"{{"at":"1ms","do":"cut","islands":[["E"]]}},{write}"#));
    run.seek_time(Micros::ms(100));
    let waits = tracker(&run);
    assert_eq!(tally(&waits), (3, 2, 0, 1));
    let e = waits.seat(NodeId(4)).expect("E was asked");
    assert!(e.state == SeatState::Waiting && e.lost, "F waits for what will never come");
    run.seek_time(Micros::secs(4));
    assert_eq!((tally(&tracker(&run)), tracker(&run).met(), tracker(&run).failed_words()), ((3, 2, 1, 0), false, "failed"));
    assert!(tracker(&run).words.ends_with("C and D have confirmed, E is too late."), "{}", tracker(&run).words);
}

#[test]
fn a_refusal_asks_nobody() {
    let beats = r#""detector":{"heartbeat":{"every":"50ms","timeout":"120ms"}}"#;
    let read = r#"{"at":"1s","do":"read","client":"c0","via":"F","key":"cart:ada","level":"ALL"}"#;
    let mut run = quick(beats, &format!(r#"{{"at":"1ms","do":"crash","node":"E"}},{read}"#));
    run.seek_time(Micros::secs(2));
    let t = tracker(&run);
    assert_eq!((tally(&t), t.met(), t.failed_words()), ((3, 0, 1, 0), false, "down"));
    assert_eq!(t.words, "ALL needs 3 answers; E is believed down, so nothing was sent.");
}

#[test]
fn hints_count_at_any_and_stand_ins_are_named() {
    let beats = r#""detector":{"heartbeat":{"every":"50ms","timeout":"120ms"}}"#;
    let down = r#"{"at":"1ms","do":"crash","node":"C"},{"at":"1ms","do":"crash","node":"D"},{"at":"1ms","do":"crash","node":"E"}"#;
    let write =
        |level: &str| format!(r#"{{"at":"1s","do":"write","client":"c0","via":"F","key":"cart:ada","value":"tea","level":"{level}"}}"#);
    let mut any = quick(&format!(r#"{beats},"hints":{{"keeper":"coordinator"}}"#), &format!("{down},{}", write("ANY")));
    any.seek_time(Micros::ms(1_500));
    let t = tracker(&any);
    assert_eq!((t.got, t.hints, t.hints_count, t.met()), (0, 3, true, true));
    assert!(t.seats.iter().all(|s| s.state == SeatState::Hinted) && t.words.ends_with("3 hints are kept and count at ANY."), "{}", t.words);

    let one = r#"{"at":"1ms","do":"crash","node":"D"}"#;
    let mut sloppy = quick(&format!(r#"{beats},"fallback":{{"stand-in":"next-healthy"}}"#), &format!("{one},{}", write("QUORUM")));
    sloppy.seek_time(Micros::ms(1_500));
    let t = tracker(&sloppy);
    let guests: Vec<(String, String)> = t.seats.iter().filter_map(|s| Some((s.node.to_string(), s.owner?.to_string()))).collect();
    assert_eq!(guests, [("F".to_owned(), "D".to_owned())]);
    assert_eq!((t.got, t.failed), (3, 1), "the owner is down, its stand-in counts");
}

#[test]
fn digests_are_named_with_who_sent_them() {
    let mut run = quick(r#""digest":"md5""#, DRIFT);
    run.seek_time(Micros::secs(2));
    let compared = view(&run).digests.expect("two answers");
    assert_eq!((compared.function, compared.size, compared.differ), ("MD5", 16, Some(1)));
    let lines: Vec<(String, bool, Option<bool>, &str)> =
        compared.lines.iter().enumerate().map(|(i, l)| (l.node.to_string(), l.from_row, l.equal, l.verdict(i == 0))).collect();
    assert_eq!(lines, [("C".to_owned(), true, None, "in hand"), ("D".to_owned(), false, Some(false), "differs")]);
    run.seek_time(Micros::ms(50));
    assert!(view(&run).digests.is_none(), "a write compares nothing");
}

#[test]
fn what_other_ways_would_have_cost_is_measured_on_real_messages() {
    let mut run = quick("", DRIFT);
    run.seek_time(Micros::secs(2));
    let bytes = |run: &Session, id: &str| view(run).cost.and_then(|c| c.bars.into_iter().find(|b| b.id == id)).map(|b| b.solid);
    let sent = |run: &Session, digests: bool| -> u64 {
        let op = shown_operation(run, None, None).expect("a read");
        let asks = |b: &Body| {
            matches!(b, Body::ReadData { .. } | Body::Data { .. }) || digests && matches!(b, Body::ReadDigest { .. } | Body::Digest(_))
        };
        run.log()
            .iter()
            .filter(|e| e.op == Some(op))
            .filter_map(|e| if let EventKind::Sent(m) = &e.kind { Some(m) } else { None })
            .filter(|m| asks(&m.body))
            .map(|m| u64::from(m.size))
            .sum()
    };
    assert_eq!(bytes(&run, "mismatch"), Some(sent(&run, true)));
    // The same run without digests, and with everyone asked, really costs what was foretold.
    let mut plain = quick(r#""read":{"digests":false}"#, DRIFT);
    plain.seek_time(Micros::secs(2));
    assert_eq!(bytes(&run, "full"), Some(sent(&plain, true)));
    let mut all = quick(r#""read":{"digests":false,"contact":"everyone"}"#, DRIFT);
    all.seek_time(Micros::secs(2));
    assert_eq!(bytes(&run, "all"), Some(sent(&all, true)));
}

#[test]
fn the_tracker_agrees_with_the_coordinator() {
    let mut pending = 0;
    for seed in 0..6 {
        let mut run = storm(seed);
        for at in (40..run.log().len() as u32).step_by(29) {
            run.seek_event(at);
            for operation in run.history().operations().iter().filter(|o| o.began.0 < run.cursor()).rev().take(4) {
                let Some(t) = OpView::of(&run, operation.id).and_then(|v| v.quorum) else { continue };
                let parts =
                    [SeatState::Got, SeatState::Aside, SeatState::Spare].map(|w| t.seats.iter().filter(|s| s.state == w).count() as u32);
                assert_eq!(t.failed + t.waiting + parts.iter().sum::<u32>(), t.seats.len() as u32, "everyone is somewhere: {t:?}");
                let state = run.world().host(operation.via).and_then(|h| h.node.coordinator.pending(operation.id));
                let (need, got, silent) = match state {
                    Some(Pending::Write(w)) => (w.required, w.acks.len(), w.targets.len() - w.acks.len()),
                    Some(Pending::Read(r)) if r.phase == Phase::First => (r.required, r.answers.len(), r.silent().len()),
                    _ => continue,
                };
                assert_eq!((t.needed, t.got, t.waiting), (need, got as u32, silent as u32), "seed {seed}, event {at}");
                pending += 1;
            }
        }
    }
    assert!(pending > 50, "{pending}");
}
