#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "nexus_llm/chat_message.hpp"
#include "nexus_llm/field.hpp"
#include "nexus_llm/keep_alive.hpp"
#include "nexus_llm/request_id.hpp"

namespace nexus::llm {

/// A model to fetch from or send to its registry (Ollama `/api/pull`, `/api/push`).
struct ModelTransfer {
  RequestId id = {}; ///< to cancel it by; empty: one is made
  std::string model = {};
  bool insecure = false; ///< the registry may be reached without TLS

  static constexpr std::string_view type_name = "ModelTransfer";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"model", self.model},
                 Field{"insecure", self.insecure});
  }
  bool operator==(const ModelTransfer&) const = default;
};

/// A model to bring into memory, with the values that its requests carry, so that the first of
/// them does not make Ollama load it again (Ollama `/api/generate` without a prompt).
struct LoadRequest {
  RequestId id = {}; ///< to cancel it by; may be empty
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

/// A file that a new model is made from: its name there, and the digest of its content, which
/// Ollama must have been given before.
struct ModelFile {
  std::string name = {};
  std::string digest = {}; ///< `sha256:` and 64 hexadecimal digits

  static constexpr std::string_view type_name = "ModelFile";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"digest", self.digest});
  }
  bool operator==(const ModelFile&) const = default;
};

/// The parts of a Modelfile that a new model is made of (Ollama `/api/create`). Either `from` or
/// `files` names what it is based on; members that are empty are not sent.
struct CreateRequest {
  RequestId id = {}; ///< to cancel it by; empty: one is made
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
