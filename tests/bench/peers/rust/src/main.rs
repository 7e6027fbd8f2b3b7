// SPDX-License-Identifier: BSD-3-Clause
//! The Rust client `ollama-rs`: bench-peer ADDRESS PROMPT COUNT
use ollama_rs::{generation::completion::request::GenerationRequest, Ollama};
use tokio_stream::StreamExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, prompt, count] = arguments.as_slice() else {
        return Err("usage: bench-peer ADDRESS PROMPT COUNT".into());
    };
    let client = Ollama::try_new(address.as_str())?;
    for _ in 0..count.parse()? {
        let request = GenerationRequest::new("llama3.1:8b".into(), prompt.as_str());
        let mut stream = client.generate_stream(request).await?;
        let mut bytes = 0;
        while let Some(parts) = stream.next().await {
            bytes += parts?.iter().map(|part| part.response.len()).sum::<usize>();
        }
        if bytes == 0 {
            return Err("no text".into());
        }
    }
    Ok(())
}
