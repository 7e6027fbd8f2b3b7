// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include "actors/internal_interfaces.hpp"
#include "nexus_llm/result.hpp"

namespace nexus::llm {

/// The SHA-256 digest of the content of a file, as Ollama writes it: `sha256:` and 64 hexadecimal
/// digits. Reads the whole file. Thread-safe.
/// Errors: `invalid_argument` if the file cannot be read.
[[nodiscard]] Result<std::string> blob_digest(const std::string& file);

/// Spawns an actor with its own thread that computes one digest and terminates.
[[nodiscard]] digest_actor spawn_blob_digest(caf::actor_system& system);

} // namespace nexus::llm
