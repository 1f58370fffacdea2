// The part of ankerl::unordered_dense that mediasoup uses, on the standard containers: Debian 12 does not have it.
#pragma once
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense {
template <class T>
using hash = std::hash<T>;
template <class Key, class Value, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
using map = std::unordered_map<Key, Value, Hash, Equal>;
template <class Key, class Hash = std::hash<Key>, class Equal = std::equal_to<Key>>
using set = std::unordered_set<Key, Hash, Equal>;
}  // namespace ankerl::unordered_dense
