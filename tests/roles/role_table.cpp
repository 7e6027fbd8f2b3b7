// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/ai_role.hpp"

namespace nexus::llm {

namespace {

constexpr RoleInfo table[]{
    {.name = "overseer", .default_model = "llama3.1:8b", .default_options = "{}"},
    {.name = "implementation", .default_model = "qwen2.5-coder:7b", .default_options = "{}"},
    {.name = "reviewer", .default_model = "judge:3b", .default_options = R"({"top_k": 5})"},
};

} // namespace

std::span<const RoleInfo> role_table() noexcept { return table; }

} // namespace nexus::llm
