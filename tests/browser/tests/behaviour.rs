//! What the lab does by itself: it plays what is sent, lets messages glide, and brings back what was there.
use drift_browser::{Page, Screen, WebDriverResult, journey};

async fn stage(page: &Page, what: &str) -> WebDriverResult<String> {
    Ok(page.attribute("[data-testid=stage]", what).await?.unwrap_or_default())
}

/// Presses send and waits until what was sent has come to rest.
async fn send(page: &Page, value: &str) -> WebDriverResult<()> {
    page.run("document.querySelector('[data-testid=console-value]').focus()").await?;
    page.keys(value).await?;
    page.click("[data-testid=console-send]").await?;
    page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Pause").await?;
    page.attribute_becomes("[data-testid=transport-play]", "aria-label", "Play").await
}

#[tokio::test]
async fn what_is_sent_travels_and_comes_to_rest() {
    journey("behaviour-send", Screen::LAPTOP, async |page| {
        page.open("#/lab").await?;
        page.run("document.querySelector('[data-testid=console-key]').focus()").await?;
        page.keys("cart").await?;
        send(page, "tea").await?;
        let held =
            "return [...document.querySelectorAll('[data-testid^=node-][data-version]')].filter(n => n.dataset.version === 'v1').length";
        assert_eq!(page.run(held).await?, serde_json::json!(3), "every replica has it");
        let asked = page.text("[data-testid=console-history]").await?;
        assert!(asked.contains("W1") && asked.contains("confirmed"), "{asked}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_answered_is_played_until_the_client_hears_so() {
    journey("behaviour-wait", Screen::LAPTOP, async |page| {
        page.open("#/lab").await?;
        page.run("document.querySelector('[data-testid=console-key]').focus()").await?;
        page.keys("cart").await?;
        page.click("[data-testid=fault-cut]").await?;
        for node in ["B", "C", "D", "E"] {
            page.click(&format!("[data-testid=fault-choose-{node}]")).await?;
        }
        page.click("[data-testid=fault-apply]").await?;
        send(page, "tea").await?;
        let heard = page.text("[data-testid=console-history]").await?;
        assert!(heard.contains("timed out"), "{heard}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn on_a_phone_the_stage_comes_into_view_when_something_is_sent() {
    journey("behaviour-phone", Screen::PHONE, async |page| {
        page.open("#/lab").await?;
        page.click("[data-testid=tab-client]").await?;
        page.run("document.querySelector('[data-testid=console-key]').focus()").await?;
        page.keys("cart").await?;
        send(page, "tea").await?;
        let seen = "const r = document.querySelector('[data-testid=stage]').getBoundingClientRect();
            return Math.min(r.bottom, innerHeight) - Math.max(r.top, 0) >= r.height / 2";
        assert_eq!(page.run(seen).await?, serde_json::json!(true));
        Ok(())
    })
    .await;
}

/// How many of four steps show more than the picture before and the picture after. Only steps that leave the number of messages on
/// their way as it is would show nothing, so a few are tried.
const GLIDE: &str = "const frame = () => new Promise(r => requestAnimationFrame(() => setTimeout(r)));
    const canvas = document.querySelector('[data-testid=stage] canvas');
    const pictures = new Set();
    let moved = 0;
    for (let i = 0; i < 4; i++) {
        pictures.clear();
        pictures.add(canvas.toDataURL());
        document.querySelector('[data-testid=transport-STEP]').click();
        const end = performance.now() + 500;
        while (performance.now() < end) { await frame(); pictures.add(canvas.toDataURL()); }
        moved += pictures.size > 2;
    }
    return moved";

async fn glides(page: &Page, step: &str) -> WebDriverResult<u64> {
    let script = GLIDE.replace("STEP", step);
    let wrapped = format!("const done = arguments[0]; (async () => {{ {script} }})().then(done)");
    Ok(page.browser.execute_async(wrapped, Vec::new()).await?.json().as_u64().unwrap_or_default())
}

#[tokio::test]
async fn single_steps_glide_in_both_directions() {
    journey("behaviour-glide", Screen::LAPTOP, async |page| {
        page.open("#/lab/three-answers").await?;
        page.find("[data-testid=stage]").await?;
        assert!(glides(page, "step").await? > 0, "messages move on");
        assert!(glides(page, "back").await? > 0, "and back");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nothing_glides_for_those_who_want_no_motion() {
    journey("behaviour-still", Screen::LAPTOP.still(), async |page| {
        page.open("#/lab/three-answers").await?;
        page.find("[data-testid=stage]").await?;
        assert_eq!(glides(page, "step").await?, 0);
        assert_eq!(glides(page, "back").await?, 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn starting_again_can_be_undone() {
    journey("behaviour-undo", Screen::LAPTOP, async |page| {
        page.open("#/lab/three-answers").await?;
        let opened = stage(page, "data-fingerprint").await?;
        send(page, "water").await?;
        let mine = stage(page, "data-fingerprint").await?;
        assert_ne!(mine, opened);
        page.click("[data-testid=again]").await?;
        page.attribute_becomes("[data-testid=stage]", "data-fingerprint", &opened).await?;
        page.click("[data-testid=undo]").await?;
        page.attribute_becomes("[data-testid=stage]", "data-fingerprint", &mine).await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_same_commands_run_on_a_larger_ring_and_not_on_one_too_small() {
    journey("behaviour-start", Screen::LAPTOP, async |page| {
        page.open("#/lab/three-answers").await?;
        page.click("[data-testid=setting-start]").await?;
        let set = |nodes: u32| {
            format!(
                "const f = document.querySelector('[data-testid=setting-nodes]'); f.focus(); f.value = '{nodes}';
                f.dispatchEvent(new InputEvent('input', {{ bubbles: true }}));
                f.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true }})); f.blur();"
            )
        };
        let nodes = "return document.querySelectorAll('[data-testid^=node-][data-status]').length";
        page.until("the field", "return !!document.querySelector('[data-testid=setting-nodes]')").await?;
        page.run(&set(9)).await?;
        page.until("nine nodes", &format!("{nodes} === 9")).await?;
        page.run(&set(4)).await?;
        page.until(
            "it says why not",
            "return (document.querySelector('[data-testid=error]')?.textContent ?? '').includes('there is no F')",
        )
        .await?;
        assert_eq!(page.run(nodes).await?, serde_json::json!(9), "the work at hand is kept");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn pointing_at_a_cause_lights_it_everywhere() {
    journey("behaviour-light", Screen::LAPTOP, async |page| {
        page.open("#/lab/three-answers").await?;
        page.until("a cause", "return !!document.querySelector('[data-testid=why-cause]')").await?;
        page.run("document.querySelector('[data-testid=why-cause]').focus()").await?;
        page.until("a node is lit", "return document.querySelectorAll('.node.lit').length > 0").await?;
        page.until("and a moment", "return !!document.querySelector('.tl .lit').getAttribute('d')").await?;
        page.run("document.activeElement.blur()").await?;
        page.until("not for ever", "return document.querySelectorAll('.node.lit').length === 0").await?;
        Ok(())
    })
    .await;
}
