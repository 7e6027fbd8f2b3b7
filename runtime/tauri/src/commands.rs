// SPDX-License-Identifier: BSD-3-Clause
//! The commands of the plugin. Those whose names begin with `llm_` can also be listed in the
//! `generate_handler!` of an application; pages then call them without the prefix of the plugin.

use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{json, Value};
use tauri::ipc::Channel;
use tauri::{command, Runtime, State, Webview};

use crate::error::ErrorReport;
use crate::NexusLlm;

type Answer<T> = Result<T, ErrorReport>;

/// The methods that ask and change nothing that lasts.
pub const REQUESTS: &[&str] = &[
    "llm_generate",
    "llm_generate_streaming",
    "llm_chat",
    "llm_chat_streaming",
    "llm_list_models",
    "llm_check_model",
    "llm_get_model_for_role",
    "llm_cancel",
    "llm_subscribe",
    "llm_unsubscribe",
    "llm_show_model",
    "llm_running_models",
    "llm_get_config",
    "llm_health",
    "llm_stats",
    "llm_version",
];

/// The methods that change models or settings.
pub const MANAGEMENT: &[&str] = &[
    "llm_set_model_for_role",
    "llm_pull_model",
    "llm_load_model",
    "llm_unload_model",
    "llm_delete_model",
    "llm_update_config",
];

/// A notification, as channels carry it.
#[derive(Clone, Debug, Serialize)]
pub struct Notification {
    pub method: String,
    pub params: Value,
}

/// Calls a method of the sidecar.
#[command]
pub async fn call<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    method: String,
    params: Value,
) -> Answer<Value> {
    if !MANAGEMENT.contains(&method.as_str()) {
        return request(webview, llm, method, params).await;
    }
    llm.call_from(webview.label(), &method, params).await
}

/// Calls a method of the sidecar that changes nothing that lasts.
#[command]
pub async fn request<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    method: String,
    params: Value,
) -> Answer<Value> {
    if !REQUESTS.contains(&method.as_str()) {
        let message = format!("There is no method `{method}`.");
        return Err(ErrorReport::invalid(-32601, message));
    }
    llm.call_from(webview.label(), &method, params).await
}

/// Sends all notifications to a channel, too.
#[command]
pub async fn connect<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    channel: Channel<Notification>,
) -> Answer<()> {
    llm.connect(webview.label(), channel);
    Ok(())
}

/// Sends no more notifications to the channel with this id.
#[command]
pub async fn disconnect<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    channel: u32,
) -> Answer<()> {
    llm.disconnect(webview.label(), channel);
    Ok(())
}

/// Returns the complete answer to a prompt.
#[command]
pub async fn llm_generate<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    prompt: String,
    role: String,
    options: Option<Value>,
) -> Answer<String> {
    let params = json!({"prompt": prompt, "role": role, "options": options});
    typed(llm.call_from(webview.label(), "llm_generate", params).await)
}

/// Starts to answer a prompt. Returns `{id}`; the answer follows in events.
#[command]
pub async fn llm_generate_streaming<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    prompt: String,
    role: String,
    options: Option<Value>,
) -> Answer<Value> {
    let params = json!({"prompt": prompt, "role": role, "options": options});
    let method = "llm_generate_streaming";
    llm.call_from(webview.label(), method, params).await
}

/// Returns the complete next message of a conversation.
#[command]
pub async fn llm_chat<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    messages: Vec<Value>,
    role: String,
    options: Option<Value>,
) -> Answer<String> {
    let params = json!({"messages": messages, "role": role, "options": options});
    typed(llm.call_from(webview.label(), "llm_chat", params).await)
}

/// Starts the next message of a conversation. Returns `{id}`; the message follows in events.
#[command]
pub async fn llm_chat_streaming<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    messages: Vec<Value>,
    role: String,
    options: Option<Value>,
) -> Answer<Value> {
    let params = json!({"messages": messages, "role": role, "options": options});
    llm.call_from(webview.label(), "llm_chat_streaming", params)
        .await
}

/// Returns the installed models.
#[command]
pub async fn llm_list_models<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
) -> Answer<Vec<Value>> {
    let answer = llm.call_from(webview.label(), "llm_list_models", json!({}));
    typed(answer.await)
}

/// Returns whether a model is installed.
#[command]
pub async fn llm_check_model<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    model_name: String,
) -> Answer<bool> {
    let params = json!({ "modelName": model_name });
    typed(
        llm.call_from(webview.label(), "llm_check_model", params)
            .await,
    )
}

/// Returns the model of a role.
#[command]
pub async fn llm_get_model_for_role<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    role: String,
) -> Answer<String> {
    let params = json!({ "role": role });
    let method = "llm_get_model_for_role";
    typed(llm.call_from(webview.label(), method, params).await)
}

/// Assigns a model to a role, from the next request on, and saves it.
#[command]
pub async fn llm_set_model_for_role<R: Runtime>(
    webview: Webview<R>,
    llm: State<'_, NexusLlm>,
    role: String,
    model_name: String,
) -> Answer<()> {
    let params = json!({"role": role, "modelName": model_name});
    let method = "llm_set_model_for_role";
    llm.call_from(webview.label(), method, params).await?;
    Ok(())
}

fn typed<T: DeserializeOwned>(answer: Answer<Value>) -> Answer<T> {
    serde_json::from_value(answer?).map_err(|error| {
        let message = format!("The answer of the sidecar is not understood: {error}.");
        ErrorReport::invalid(-32603, message)
    })
}
