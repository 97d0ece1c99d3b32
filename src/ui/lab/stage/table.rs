//! The picture as words and a table, for those who do not see it.

use yew::prelude::*;

use crate::view::scene::Scene;

/// The twin of the drawing. `id` names the paragraph that sums it up.
pub fn twin(scene: &Scene, id: &str, key: Option<&str>) -> Html {
    let holds = key.map_or("Holds".to_owned(), |k| format!("Holds of {k}"));
    html! {
        <div class="vh" data-testid="stage-twin">
            <p id={id.to_owned()}>{ scene.summary.clone() }</p>
            <table data-testid="stage-table">
                <caption>{ "The nodes of the ring" }</caption>
                <thead>
                    <tr>
                        <th scope="col">{ "Node" }</th>
                        <th scope="col">{ "State" }</th>
                        <th scope="col">{ holds }</th>
                        <th scope="col">{ "Messages waiting" }</th>
                    </tr>
                </thead>
                <tbody>
                    { for scene.table.iter().map(|row| html! {
                        <tr key={row.node.clone()}>
                            <th scope="row">{ row.node.clone() }</th>
                            <td>{ row.state.clone() }</td>
                            <td>{ row.version.clone() }</td>
                            <td>{ row.waiting.clone() }</td>
                        </tr>
                    }) }
                </tbody>
            </table>
        </div>
    }
}
