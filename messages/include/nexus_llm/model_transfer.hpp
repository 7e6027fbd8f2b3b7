// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/field.hpp"
#include "nexus_llm/keep_alive.hpp"
#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// Requests downloading or uploading a model (Ollama `/api/pull`, `/api/push`).
struct ModelTransfer {
  RequestId id = {}; ///< for cancelling the transfer; empty: generated
  std::string model = {};
  bool insecure = false; ///< allow a registry without TLS

  static constexpr std::string_view type_name = "ModelTransfer";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model},
                 Field{"insecure", self.insecure});
  }
  bool operator==(const ModelTransfer&) const = default;
};

/// Requests loading a model into memory (Ollama `/api/generate` without a prompt). Carries the same
/// values as later requests, so that the first of them does not trigger a reload.
struct LoadRequest {
  RequestId id = {}; ///< for cancelling the load; may be empty
  std::string model = {};
  KeepAlive keep_alive = {};    ///< unset: Ollama decides
  std::string raw_options = {}; ///< JSON text of an object; empty: none

  static constexpr std::string_view type_name = "LoadRequest";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model},
                 Field{"keepAlive", self.keep_alive}, Field{"rawOptions", self.raw_options});
  }
  bool operator==(const LoadRequest&) const = default;
};

/// A file of a new model: its name in the model, and the digest of its content. The content must
/// have been uploaded to Ollama before.
struct ModelFile {
  std::string name = {};
  std::string digest = {}; ///< `sha256:` and 64 hexadecimal digits

  static constexpr std::string_view type_name = "ModelFile";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"digest", self.digest});
  }
  bool operator==(const ModelFile&) const = default;
};

/// Requests creating a model from the parts of a Modelfile (Ollama `/api/create`). Either `from` or
/// `files` names the base model. Empty members are not sent.
struct CreateRequest {
  RequestId id = {}; ///< for cancelling the creation; empty: generated
  std::string model = {};
  std::string from = {};
  std::vector<ModelFile> files = {};
  std::vector<ModelFile> adapters = {};
  std::string prompt_template = {};
  std::string system = {};
  std::vector<std::string> license = {};
  std::string parameters = {}; ///< JSON text of an object of Ollama options
  std::vector<ChatMessage> messages = {};
  std::string quantize = {}; ///< such as `q4_K_M`

  static constexpr std::string_view type_name = "CreateRequest";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model}, Field{"from", self.from},
                 Field{"files", self.files}, Field{"adapters", self.adapters},
                 Field{"template", self.prompt_template}, Field{"system", self.system},
                 Field{"license", self.license}, Field{"parameters", self.parameters},
                 Field{"messages", self.messages}, Field{"quantize", self.quantize});
  }
  bool operator==(const CreateRequest&) const = default;
};

} // namespace nexus::llm
