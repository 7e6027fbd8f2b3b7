// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/ai_role.hpp"
#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// Wall-clock time as reported by Ollama.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

/// Assigns a model, at a base URL, to a role (requirement D1).
struct ModelConfig {
  std::string name = {}; ///< such as `llama3.1:8b`
  AIRole role = AIRole::overseer;
  std::string base_url = {};

  static constexpr std::string_view type_name = "ModelConfig";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"role", self.role},
                 Field{"baseUrl", self.base_url});
  }
  bool operator==(const ModelConfig&) const = default;
};

/// An installed model (requirement D6; Ollama `/api/tags`).
struct ModelStatus {
  std::string name = {};
  bool available = false;                 ///< installed and usable by requests
  std::optional<std::uint64_t> size = {}; ///< bytes
  std::optional<WallTime> modified_at = {};
  std::string digest = {};
  std::string family = {};
  std::string parameter_size = {};            ///< such as `8.0B`
  std::string quantization = {};              ///< such as `Q4_K_M`
  std::uint32_t context_length = 0;           ///< tokens the model was trained for; 0: unknown
  std::vector<std::string> capabilities = {}; ///< empty if the server does not list them
  std::string remote_model = {};              ///< remote model that serves requests, if any
  std::string remote_host = {};               ///< host of the remote model; empty for a local model

  static constexpr std::string_view type_name = "ModelStatus";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(
        Field{"name", self.name}, Field{"available", self.available}, Field{"size", self.size},
        Field{"modifiedAt", self.modified_at}, Field{"digest", self.digest},
        Field{"family", self.family}, Field{"parameterSize", self.parameter_size},
        Field{"quantization", self.quantization}, Field{"contextLength", self.context_length},
        Field{"capabilities", self.capabilities}, Field{"remoteModel", self.remote_model},
        Field{"remoteHost", self.remote_host});
  }
  bool operator==(const ModelStatus&) const = default;
};

/// The installed models, newest first.
struct ModelList {
  std::vector<ModelStatus> models = {};

  static constexpr std::string_view type_name = "ModelList";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"models", self.models});
  }
  bool operator==(const ModelList&) const = default;
};

/// A model that is loaded into memory (Ollama `/api/ps`).
struct RunningModel {
  std::string name = {};
  std::uint64_t size = 0;      ///< bytes in memory
  std::uint64_t size_vram = 0; ///< of these, bytes in GPU memory
  std::optional<WallTime> expires_at = {};
  std::uint32_t context_length = 0; ///< active context window in tokens; 0: unknown
  std::string digest = {};
  std::string family = {};
  std::string parameter_size = {};
  std::string quantization = {};

  static constexpr std::string_view type_name = "RunningModel";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"size", self.size},
                 Field{"sizeVram", self.size_vram}, Field{"expiresAt", self.expires_at},
                 Field{"contextLength", self.context_length}, Field{"digest", self.digest},
                 Field{"family", self.family}, Field{"parameterSize", self.parameter_size},
                 Field{"quantization", self.quantization});
  }
  bool operator==(const RunningModel&) const = default;
};

/// The models that are loaded into memory.
struct RunningModels {
  std::vector<RunningModel> models = {};

  static constexpr std::string_view type_name = "RunningModels";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"models", self.models});
  }
  bool operator==(const RunningModels&) const = default;
};

/// Details of one model (Ollama `/api/show`).
struct ModelDetails {
  std::string name = {};
  std::string family = {};
  std::string parameter_size = {};
  std::string quantization = {};
  std::uint32_t context_length = 0; ///< tokens the model was trained for; 0: unknown
  std::vector<std::string> capabilities = {};
  std::string parameters = {}; ///< default options, one per line
  std::string system = {};
  std::string prompt_template = {};
  std::string license = {};
  std::optional<WallTime> modified_at = {};
  std::string modelfile = {};
  std::string model_info = {};       ///< JSON text of an object, as received from the server
  std::string requires_version = {}; ///< required version of Ollama, if any
  std::string remote_model = {};     ///< remote model that serves requests, if any
  std::string remote_host = {};      ///< host of the remote model; empty for a local model

  static constexpr std::string_view type_name = "ModelDetails";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(
        Field{"name", self.name}, Field{"family", self.family},
        Field{"parameterSize", self.parameter_size}, Field{"quantization", self.quantization},
        Field{"contextLength", self.context_length}, Field{"capabilities", self.capabilities},
        Field{"parameters", self.parameters}, Field{"system", self.system},
        Field{"template", self.prompt_template}, Field{"license", self.license},
        Field{"modifiedAt", self.modified_at}, Field{"modelfile", self.modelfile},
        Field{"modelInfo", self.model_info}, Field{"requires", self.requires_version},
        Field{"remoteModel", self.remote_model}, Field{"remoteHost", self.remote_host});
  }
  bool operator==(const ModelDetails&) const = default;
};

} // namespace nexus::llm
