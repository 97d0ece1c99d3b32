//! Commands in words, as a teacher writes them: `ada writes x = tea via A at ALL`, `cut C`, `set read.repair off`.

use serde_json::{Map, Value, json};

use crate::engine::base::Micros;
use crate::engine::node::Settings;
use crate::lab::Timed;

/// A value from its text: JSON if it is that; `name value` and `name a=1 b=2` are objects; else the text itself.
pub(super) fn value_of(text: &str) -> Value {
    let text = text.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return value;
    }
    match text.split_once(' ') {
        None if text.contains('=') => pairs(text),
        None => json!(text),
        Some((first, _)) if first.contains('=') => pairs(text),
        Some((name, rest)) => json!({ name: value_of(rest) }),
    }
}

/// `a=1 b=2` as an object.
fn pairs(text: &str) -> Value {
    let pair = |word: &str| {
        let (name, value) = word.split_once('=').unwrap_or((word, "true"));
        (name.to_owned(), value_of(value))
    };
    Value::Object(text.split_whitespace().map(pair).collect())
}

/// The place of `read.repair` in an object; made if it is not there yet.
pub(super) fn put(object: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let mut place = object;
    for step in path.split('.') {
        if place.is_string() || place.is_null() {
            *place = json!({});
        }
        let Value::Object(fields) = place else { return Err(format!("expected a setting such as read.repair, found \"{path}\"")) };
        place = fields.entry(step).or_insert(Value::Null);
    }
    *place = value;
    Ok(())
}

/// One command from its words. `clients` are the names of the run's clients; `settings` those in force when its turn comes.
pub(super) fn command(at: &str, words: &str, clients: &[String], settings: &Settings) -> Result<Timed, String> {
    let at: Micros = at.parse().map_err(|_| format!("expected a time such as 80ms or 2s before the colon, found \"{at}\""))?;
    let (first, rest) = words.split_once(' ').unwrap_or((words, ""));
    let rest = rest.trim();
    let mut made = match first {
        "" => return Err("expected a command after the time".to_owned()),
        _ if words.starts_with('{') => serde_json::from_str(words).map_err(|e| format!("expected a command in JSON: {e}"))?,
        "cut" => json!({"do": "cut", "islands": sides(rest, "|", clients)}),
        "cut-one-way" => {
            let sides = sides(rest, ">", clients);
            let [from, to] = sides.as_slice() else { return Err("expected `cut-one-way A > B C`".to_owned()) };
            json!({"do": first, "from": from, "to": to})
        }
        "cut-link" => match ends(rest, clients).as_slice() {
            [a, b] => json!({"do": first, "a": a, "b": b}),
            _ => return Err("expected `cut-link A B`".to_owned()),
        },
        "mend" if rest.is_empty() => json!({"do": "mend-all"}),
        "mend" => json!({"do": first, "cut": value_of(rest)}),
        "mend-all" => json!({ "do": first }),
        "crash" | "restart" | "pause" | "resume" | "wipe" | "backup" | "restore" => json!({"do": first, "node": rest}),
        "clock" => clock(rest)?,
        "slow" => {
            let (node, by) = rest.split_once(' ').ok_or("expected `slow B 200ms`")?;
            json!({"do": first, "node": node, "by": by})
        }
        "link" => {
            let (from, rest) = rest.split_once('>').ok_or("expected `link A > B slower=5ms`")?;
            let (to, rule) = rest.trim().split_once(' ').ok_or("expected `link A > B slower=5ms`")?;
            json!({"do": first, "from": end(from.trim(), clients), "to": end(to, clients), "rule": pairs(rule)})
        }
        "network" => json!({"do": first, "network": network(rest)}),
        "set" => json!({"do": first, "setting": setting(rest, settings)?}),
        "preload" => {
            let (count, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            with(json!({"do": first, "count": value_of(count)}), rest)
        }
        "sweep" => {
            let mut words = rest.splitn(3, ' ');
            let (a, b) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let mut made = json!({"do": first, "a": a, "b": b});
            if let Some(policy) = words.next() {
                made["policy"] = if policy.starts_with('{') { value_of(policy) } else { pairs(policy) };
            }
            made
        }
        _ => match client_act(first, rest, clients) {
            Some(made) => made?,
            // Any other command by its name in run files, with `field=value`.
            None => with(json!({ "do": first }), rest),
        },
    };
    made["at"] = json!(at.0);
    let Value::Object(fields) = made else { return Err("expected a command in JSON: an object".to_owned()) };
    Timed::try_from(fields).map_err(|e| format!("expected a command such as `crash B` or `ada writes x = tea via A`: {e}"))
}

fn with(mut made: Value, rest: &str) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut made, pairs(rest)) {
        fields.extend(more);
    }
    made
}

fn end(name: &str, clients: &[String]) -> String {
    clients.iter().position(|c| c == name).map_or_else(|| name.to_owned(), |i| format!("c{i}"))
}

fn ends(text: &str, clients: &[String]) -> Vec<String> {
    text.split_whitespace().map(|word| end(word.trim_end_matches(','), clients)).collect()
}

fn sides(text: &str, separator: &str, clients: &[String]) -> Vec<Vec<String>> {
    text.split(separator).map(|side| ends(side, clients)).collect()
}

/// The network's values: `latency 10ms..30ms` or `loss-ppm=50000 in-order=true`.
pub(super) fn network(text: &str) -> Value {
    match text.split_once(' ') {
        Some((name, value)) if !name.contains('=') => json!({ name: latency(name, value) }),
        _ => pairs(text),
    }
}

/// A value of the network: `10ms` is fixed, `10ms..30ms` evenly spread, `5ms+15ms` a floor and the mean of a tail.
pub(super) fn latency(name: &str, value: &str) -> Value {
    if name != "latency" {
        return value_of(value);
    }
    if let Some((low, high)) = value.split_once("..") {
        json!({"uniform": {"low": low.trim(), "high": high.trim()}})
    } else if let Some((low, mean)) = value.split_once('+') {
        json!({"tail": {"low": low.trim(), "mean": mean.trim()}})
    } else {
        json!({ "fixed": value })
    }
}

fn clock(rest: &str) -> Result<Value, String> {
    let wrong = "expected `clock B 80ms` or `clock B -80ms`";
    let (node, by) = rest.split_once(' ').ok_or(wrong)?;
    let by = by.trim();
    let span: Micros = by.trim_start_matches(['-', '+']).parse().map_err(|_| wrong)?;
    let offset = i64::try_from(span.0).map_err(|_| wrong)?;
    Ok(json!({"do": "clock", "node": node, "offset-us": if by.starts_with('-') { -offset } else { offset }}))
}

/// A change of a setting: by the name of the change (`repair off`) or by its place in a run file's settings (`hints.window 2s`).
fn setting(rest: &str, settings: &Settings) -> Result<Value, String> {
    let (name, value) = rest.split_once(' ').ok_or("expected `set NAME VALUE`, such as `set repair off`")?;
    let value = value_of(value);
    match name.split_once('.') {
        None => Ok(json!({ name: value })),
        Some((group, _)) => {
            let mut all = serde_json::to_value(settings).unwrap_or_default();
            put(&mut all, name, value)?;
            serde_json::from_value::<Settings>(all.clone()).map_err(|e| e.to_string())?;
            Ok(json!({ group: all[group].take() }))
        }
    }
}

/// `ada writes x = tea via A at ALL`; none if the first word is nobody's name.
fn client_act(name: &str, rest: &str, clients: &[String]) -> Option<Result<Value, String>> {
    let client = end(name, clients);
    let known = client.strip_prefix('c').is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let verb = ["write", "read", "delete"].into_iter().find(|v| verb.strip_suffix('s') == Some(v) || verb == *v);
    match (known, verb) {
        (false, None) => None,
        (false, Some(_)) => Some(Err(format!("expected one of the clients {}, found \"{name}\"", clients.join(", ")))),
        (true, None) => Some(Err(format!("expected `{name} writes`, `{name} reads` or `{name} deletes`"))),
        (true, Some(verb)) => Some(act(&client, name, verb, rest)),
    }
}

fn act(client: &str, name: &str, verb: &str, rest: &str) -> Result<Value, String> {
    let wrong = || match verb {
        "write" => format!("expected `{name} writes KEY = VALUE via NODE`, and perhaps `at LEVEL`"),
        _ => format!("expected `{name} {verb}s KEY via NODE`, and perhaps `at LEVEL`"),
    };
    let (what, how) = rest.rsplit_once(" via ").ok_or_else(wrong)?;
    let (via, level) = how.split_once(" at ").map_or((how, None), |(via, level)| (via, Some(level)));
    let mut made =
        Map::from_iter([("do".to_owned(), json!(verb)), ("client".to_owned(), json!(client)), ("via".to_owned(), json!(via.trim()))]);
    let key = if verb == "write" {
        let (key, value) = what.split_once('=').ok_or_else(wrong)?;
        made.insert("value".to_owned(), json!(value.trim()));
        key
    } else {
        what
    };
    made.insert("key".to_owned(), json!(key.trim()));
    if let Some(level) = level {
        made.insert("level".to_owned(), value_of(level));
    }
    Ok(Value::Object(made))
}
