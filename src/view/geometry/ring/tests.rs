//! Tests of the ring's layout: nothing covers anything, for every size and profile.

use super::*;
use proptest::prelude::*;

#[test]
fn six_nodes_stand_where_the_plate_shows_them() {
    let lay = layout(Profile::Desktop, 6, 1);
    let at: Vec<Point> = lay.nodes.iter().map(|n| n.at).collect();
    assert_eq!(at[0], pt(404.0, 84.0));
    assert_eq!(at[1], pt(598.0, 176.0));
    assert_eq!(at[3], pt(404.0, 452.0));
    assert_eq!(at[5], pt(210.0, 176.0));
    assert_eq!(lay.radius, 37.0);
    let b = lay.nodes[1].card.expect("room for B's card");
    assert_eq!((b.chip.w, b.chip.h), (54.0, 32.0));
    assert!(b.chip.x > 640.0 && b.note.is_some() && b.value.is_some());
    assert_eq!(lay.clients[0].centre(), pt(52.0, 176.0));
}

#[test]
fn cards_never_cover_anything() {
    for profile in Profile::ALL {
        for n in 3..=16 {
            for clients in 0..=MAX_CLIENTS {
                let lay = layout(profile, n, clients);
                for (i, node) in lay.nodes.iter().enumerate() {
                    let what = format!("{profile:?} n={n} clients={clients} node {i}");
                    let card = node.card.unwrap_or_else(|| panic!("no card: {what}"));
                    assert!(card.room.grown(0.2).contains(&card.chip), "{what}");
                    assert!(profile.sheet().contains(&card.room), "off the sheet: {what}");
                    assert!(!lay.crosses_ring(&card.room.grown(-0.2)), "on the ring: {what}");
                    for (j, other) in lay.nodes.iter().enumerate() {
                        assert!(!card.room.meets_disc(other.at, lay.radius), "on disc {j}: {what}");
                        let meets = j != i && other.card.is_some_and(|c| c.room.meets(&card.room));
                        assert!(!meets, "on card {j}: {what}");
                    }
                    assert!(lay.clients.iter().all(|c| !c.meets(&card.room)), "on a client: {what}");
                }
            }
        }
    }
}

#[test]
fn small_rings_on_a_desktop_show_notes_and_values() {
    for n in 3..=8 {
        let lay = layout(Profile::Desktop, n, 1);
        let full = lay.nodes.iter().filter(|p| p.card.is_some_and(|c| c.note.is_some() && c.value.is_some()));
        assert_eq!(full.count(), n, "{n} nodes");
    }
}

#[test]
fn large_rings_become_dots_that_do_not_touch() {
    for profile in Profile::ALL {
        for n in 17..=100 {
            let lay = layout(profile, n, 2);
            assert_eq!(lay.detail, Detail::Dot);
            for i in 0..n {
                let gap = lay.nodes[i].at.dist(lay.nodes[(i + 1) % n].at);
                assert!(gap > 2.0 * lay.radius, "{profile:?} {n}: {gap}");
            }
        }
    }
    assert!(layout(Profile::Desktop, 20, 0).segment(0).starts_with('M'));
}

#[test]
fn a_token_falls_between_its_neighbours() {
    let lay = layout(Profile::Desktop, 3, 0);
    let nodes = [100, 1 << 40, 1 << 63];
    assert!((lay.turn_of(100, &nodes) - 0.0).abs() < 1e-9);
    assert!((lay.turn_of(1 << 39, &nodes) - 1.0 / 6.0).abs() < 1e-6);
    let last = lay.turn_of(u64::MAX, &nodes);
    assert!(last > 0.9 && last <= 1.0, "{last}");
    assert!((lay.turn_of(50, &nodes) - 1.0).abs() < 0.01);
    assert_eq!(lay.turn_of(1 << 63, &[]), 0.5);
    assert_eq!(lay.turn_of(1 << 62, &[3, 2, 1]), 0.25);
}

#[test]
fn the_key_label_avoids_discs_and_cards() {
    for profile in Profile::ALL {
        for n in 3..=16 {
            let lay = layout(profile, n, 1);
            for i in 0..n {
                let mark = lay.key_mark((i as f64 + 0.5) / n as f64, &|_| true);
                let x = if mark.label.anchor == Anchor::Start { mark.label.at.x } else { mark.label.at.x - mark.label.width };
                let text = Rect::new(x, mark.label.at.y - 12.0, mark.label.width, 14.0);
                assert!(lay.nodes.iter().all(|p| !text.meets_disc(p.at, lay.radius)), "{profile:?} {n} {i}");
            }
        }
    }
}

#[test]
fn cards_of_small_rings_lie_outside_the_ring() {
    for profile in Profile::ALL {
        for n in 3..=8 {
            let lay = layout(profile, n, 1);
            for (i, node) in lay.nodes.iter().enumerate() {
                let room = node.card.expect("a card").room;
                assert!(!lay.encloses(room.centre()), "{profile:?} n={n} node {i}: {room:?}");
            }
        }
    }
    let three = layout(Profile::Desktop, 6, 1).with_cards(|i| (1..4).contains(&i));
    assert_eq!(three.nodes.iter().filter(|n| n.card.is_some()).count(), 3);
}

#[test]
fn free_room_is_free_and_near() {
    let lay = layout(Profile::Desktop, 6, 1);
    let near = lay.nodes[5].at;
    let room = lay.free_room(172.0, 84.0, near, &[]).expect("room for the comparison");
    assert!(room.centre().dist(near) < 180.0 && !lay.encloses(room.centre()), "{room:?}");
    let second = lay.free_room(172.0, 84.0, near, &[room]).expect("room for another");
    assert!(!second.meets(&room));
    assert_eq!(lay.free_room(2000.0, 84.0, near, &[]), None);
}

proptest! {
    #[test]
    fn discs_never_overlap(n in 2usize..=100, profile in prop::sample::select(&Profile::ALL[..])) {
        let lay = layout(profile, n, 0);
        for (i, a) in lay.nodes.iter().enumerate() {
            prop_assert!(profile.sheet().contains(&Rect::around(a.at, 2.0 * lay.radius, 2.0 * lay.radius)));
            for b in &lay.nodes[i + 1..] {
                prop_assert!(a.at.dist(b.at) > 2.0 * lay.radius);
            }
        }
    }
}
