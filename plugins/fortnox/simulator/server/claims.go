package server

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/kvitt/kvitt/plugins/fortnox/simulator/world"
	"github.com/kvitt/kvitt/sdk/simulator"
)

// Claims makes, from the "fortnox" section of a world file, the test of which requests
// are meant for its company: by client and tenant where tokens are asked for, by client
// on the consent page, and by the claims of the token elsewhere. Whether a request is
// to be believed is for the company to decide.
func Claims(section []byte) (simulator.Claim, error) {
	w, err := world.Parse(section)
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) bool { return meant(w, r) }, nil
}

func meant(w world.Fortnox, r *http.Request) bool {
	switch strings.TrimRight(r.URL.Path, "/") {
	case authorizePath:
		return r.URL.Query().Get("client_id") == w.ClientID
	case tokenPath, revokePath:
		client, _, _ := r.BasicAuth()
		tenant := r.Header.Get("TenantId")
		return client == w.ClientID && (tenant == "" || tenant == strconv.Itoa(w.TenantID))
	}
	said, ok := readClaims(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	return ok && said.ClientID == w.ClientID && said.TenantID == w.TenantID
}

// readClaims reads what a token says, whoever signed it.
func readClaims(token string) (claims, bool) {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return claims{}, false
	}
	var c claims
	return c, json.Unmarshal(raw, &c) == nil
}
