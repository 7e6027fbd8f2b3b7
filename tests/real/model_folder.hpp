// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <optional>

namespace nexus::llm::real {

/// Where an Ollama of this user or of this machine keeps its models (`OLLAMA_MODELS`, `~/.ollama`,
/// that of the system's service); nothing where none can be read.
[[nodiscard]] std::optional<std::filesystem::path> find_model_folder();

/// A view of a folder of models for a server of our own: the manifests are copies, the blobs links.
/// Whatever the server makes, copies or deletes, the folder itself stays as it is.
void make_view(const std::filesystem::path& folder, const std::filesystem::path& view);

} // namespace nexus::llm::real
