package sqlite

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// References are stored in two parts, because very many rows share the first:
// the names, in order, and the values in the order of the names, each as a JSON
// array.

// splitReferences gives the two parts.
func splitReferences[K ~string](references map[K]string) (names, values string) {
	order := make([]string, 0, len(references))
	for name := range references {
		order = append(order, string(name))
	}
	slices.Sort(order)
	texts := make([]string, len(order))
	for i, name := range order {
		texts[i] = references[K(name)]
	}
	return jsonArray(order), jsonArray(texts)
}

// joinReferences is the inverse of splitReferences; no names give nil.
func joinReferences[K ~string](names, values string) (map[K]string, error) {
	if names == "[]" {
		return nil, nil
	}
	order, err := fromArray(names)
	if err != nil {
		return nil, fmt.Errorf("reading names of references: %w", err)
	}
	texts, err := fromArray(values)
	if err != nil {
		return nil, fmt.Errorf("reading references: %w", err)
	}
	if len(order) != len(texts) {
		return nil, fmt.Errorf("reading references: %d values for %d names", len(texts), len(order))
	}
	references := make(map[K]string, len(order))
	for i, name := range order {
		references[K(name)] = texts[i]
	}
	return references, nil
}

// jsonArray writes texts as a JSON array. Texts that need no escape, which is
// nearly all, are written without the detour over reflection.
func jsonArray(texts []string) string {
	size := 2
	for _, t := range texts {
		if !plain(t) {
			array, _ := json.Marshal(texts) // strings cannot fail
			return string(array)
		}
		size += len(t) + 3
	}
	array := append(make([]byte, 0, size), '[')
	for i, t := range texts {
		if i > 0 {
			array = append(array, ',')
		}
		array = append(append(append(array, '"'), t...), '"')
	}
	return string(append(array, ']'))
}

// fromArray is the inverse of jsonArray. Without an escape, `","` can only stand
// between two texts.
func fromArray(array string) ([]string, error) {
	inner, opened := strings.CutPrefix(array, `["`)
	inner, closed := strings.CutSuffix(inner, `"]`)
	if opened && closed && !strings.Contains(inner, "\\") {
		return strings.Split(inner, `","`), nil
	}
	var texts []string
	err := json.Unmarshal([]byte(array), &texts)
	return texts, err
}

func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// jsonNumbers writes numbers as a JSON array.
func jsonNumbers(numbers []int64) string {
	array := []byte{'['}
	for i, n := range numbers {
		if i > 0 {
			array = append(array, ',')
		}
		array = strconv.AppendInt(array, n, 10)
	}
	return string(append(array, ']'))
}
