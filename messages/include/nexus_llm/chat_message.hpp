// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "nexus_llm/chat_role.hpp"
#include "nexus_llm/field.hpp"

namespace nexus::llm {

/// A tool that a model may call (Ollama `/api/chat`, `tools`).
struct Tool {
  std::string name = {};
  std::string description = {};
  std::string parameters = {}; ///< JSON text of an object: the JSON schema of the arguments

  static constexpr std::string_view type_name = "Tool";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"name", self.name}, Field{"description", self.description},
                 Field{"parameters", self.parameters});
  }
  bool operator==(const Tool&) const = default;
};

/// A tool call requested by a model. `arguments` is the JSON text of an object.
struct ToolCall {
  std::string id = {}; ///< empty if the server sends none (before Ollama 0.12.10)
  std::string name = {};
  std::string arguments = {};
  std::optional<std::uint32_t> index = {}; ///< position among the calls of one response

  static constexpr std::string_view type_name = "ToolCall";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"id", self.id}, Field{"name", self.name}, Field{"arguments", self.arguments},
                 Field{"index", self.index});
  }
  bool operator==(const ToolCall&) const = default;
};

/// One message of a conversation (requirement D5; Ollama `/api/chat`).
struct ChatMessage {
  ChatRole role = ChatRole::user;
  std::string content = {};
  std::string thinking = {}; ///< thinking text of the assistant, sent back on later turns
  std::vector<std::string> images = {}; ///< base64, standard alphabet, padded
  std::vector<ToolCall> tool_calls = {};
  std::string tool_name = {};    ///< for `tool` messages: name of the tool
  std::string tool_call_id = {}; ///< for `tool` messages: ID of the tool call

  static constexpr std::string_view type_name = "ChatMessage";
  template <class Self, class Visit> static decltype(auto) fields(Self& self, Visit&& visit) {
    return visit(Field{"role", self.role}, Field{"content", self.content},
                 Field{"thinking", self.thinking}, Field{"images", self.images},
                 Field{"toolCalls", self.tool_calls}, Field{"toolName", self.tool_name},
                 Field{"toolCallId", self.tool_call_id});
  }
  bool operator==(const ChatMessage&) const = default;
};

} // namespace nexus::llm
