// Package world describes the company that the simulator starts with: the
// "fortnox" section of a world file.
package world

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Parse reads the section. Unknown fields are refused, since a misspelt switch
// would make a test prove nothing.
func Parse(section []byte) (Fortnox, error) {
	var w Fortnox
	decoder := json.NewDecoder(bytes.NewReader(section))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&w); err != nil {
		return Fortnox{}, fmt.Errorf("reading the fortnox section: %w", err)
	}
	return w, nil
}
