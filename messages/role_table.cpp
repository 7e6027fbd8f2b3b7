// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/ai_role.hpp"

namespace nexus::llm {

namespace {

// clang-format off
constexpr RoleInfo table[]{
    {.name = "overseer",       .default_model = "llama3.1:8b",      .default_options = "{}"},
    {.name = "implementation", .default_model = "qwen2.5-coder:7b", .default_options = "{}"},
};
// clang-format on

} // namespace

std::span<const RoleInfo> role_table() noexcept { return table; }

} // namespace nexus::llm
