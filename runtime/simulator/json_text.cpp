// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/simulator/json_text.hpp"

#include "config/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace nexus::llm::simulator {
namespace {

void append_unicode_escape(std::string& out, unsigned code) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4)
    out += digits[(code >> static_cast<unsigned>(shift)) & 0xFU];
}

template <class Float> void append_float(std::string& out, Float value) {
  const Float magnitude = std::abs(value);
  // Go switches to the exponent form at the same limits.
  const bool exponent = value != 0 && (magnitude < Float(1e-6) || magnitude >= Float(1e21));
  std::array<char, 64> buffer{};
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    exponent ? std::chars_format::scientific : std::chars_format::fixed);
  std::string text(buffer.data(), result.ptr);
  // Go writes e-7, the C++ library e-07.
  const auto zero = text.find("e-0");
  if (zero != std::string::npos)
    text.erase(zero + 2, 1);
  out += text;
}

template <class Time> std::string format_time(Time time, bool local) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time);
  const auto nanos = duration_cast<nanoseconds>(time - whole).count();
  const std::time_t stamp = whole.time_since_epoch().count();
  std::tm parts{};
  if (local)
    localtime_r(&stamp, &parts);
  else
    gmtime_r(&stamp, &parts);
  std::array<char, 40> buffer{};
  std::string text(buffer.data(),
                   std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts));
  if (nanos != 0) {
    std::string fraction = std::to_string(1'000'000'000 + nanos);
    fraction[0] = '.';
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += fraction;
  }
  const long offset = local ? parts.tm_gmtoff : 0;
  if (offset == 0)
    return text + "Z";
  const long minutes = std::labs(offset) / 60;
  const int length = std::snprintf(buffer.data(), buffer.size(), "%c%02ld:%02ld",
                                   offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
  return text.append(buffer.data(), static_cast<std::size_t>(length));
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80) {
      const std::size_t length = first_character(text.substr(i));
      const std::string_view sequence = text.substr(i, length);
      if (length == 0)
        out += "\\ufffd";
      else if (sequence == "\xE2\x80\xA8")
        out += "\\u2028";
      else if (sequence == "\xE2\x80\xA9")
        out += "\\u2029";
      else
        out += sequence;
      i += length == 0 ? 1 : length;
      continue;
    }
    switch (byte) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    case '<':
    case '>':
    case '&':
      append_unicode_escape(out, byte);
      break;
    default:
      if (byte < 0x20)
        append_unicode_escape(out, byte);
      else
        out += static_cast<char>(byte);
    }
    ++i;
  }
  out += '"';
}

void append_json_number(std::string& out, double value) { append_float(out, value); }

void append_json_number(std::string& out, float value) { append_float(out, value); }

void append_json_value(std::string& out, const rapidjson::Value& value) {
  if (value.IsString()) {
    append_json_string(out, {value.GetString(), value.GetStringLength()});
  } else if (value.IsBool()) {
    out += value.GetBool() ? "true" : "false";
  } else if (value.IsInt64()) {
    out += std::to_string(value.GetInt64());
  } else if (value.IsUint64()) {
    out += std::to_string(value.GetUint64());
  } else if (value.IsNumber()) {
    append_json_number(out, value.GetDouble());
  } else if (value.IsArray()) {
    out += '[';
    for (const auto& item : value.GetArray()) {
      if (&item != value.Begin())
        out += ',';
      append_json_value(out, item);
    }
    out += ']';
  } else if (value.IsObject()) {
    out += '{';
    bool first = true;
    for (const auto& member : value.GetObject()) {
      if (!first)
        out += ',';
      first = false;
      append_json_value(out, member.name);
      out += ':';
      append_json_value(out, member.value);
    }
    out += '}';
  } else {
    out += "null";
  }
}

std::string format_time_utc(std::chrono::system_clock::time_point time) {
  return format_time(time, false);
}

std::string format_time_local(std::chrono::system_clock::time_point time) {
  return format_time(time, true);
}

std::string format_time_local(LongTime time) { return format_time(time, true); }

std::string error_json(std::string_view text) { return JsonObject().text("error", text).str(); }

} // namespace nexus::llm::simulator
