package config

import (
	"encoding/json"
	"fmt"

	"github.com/goccy/go-yaml"
)

// Told gives the configuration as JSON for somebody else's eyes: where secrets lie is not
// told either.
func (c Config) Told() (json.RawMessage, error) {
	clients := make(map[string]OAuthClient, len(c.OAuthClients))
	for connector := range c.OAuthClients {
		clients[connector] = OAuthClient{ID: "[removed]", SecretFile: "[removed]"}
	}
	c.OAuthClients = clients
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	told, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return told, nil
}
