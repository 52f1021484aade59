package server

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
)

// authenticate lets the world's credential through and answers 401 without a body
// to every other request.
func (s *server) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.world.Claims(r) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// The values of World.Denied: the first part of an API's path.
const (
	deniableSettlements = "settlements"
	deniableOrders      = "ordermanagement"
)

// admit answers 403 where Klarna has given the merchant no access to an API: it gives
// access to them one by one.
func (s *server) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if slices.Contains(s.world.Denied, api) {
			w.Header().Set("Content-Type", typeJSON)
			s.fail(w, &failure{http.StatusForbidden, "NOT_ALLOWED", "the merchant has no access to this API"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Claims reports whether a request carries the world's credential.
func (w World) Claims(r *http.Request) bool { return w.accepts(r.Header.Get("Authorization")) }

// accepts knows both forms that Klarna documents: the API key as it is after
// "Basic ", and the usual base64 of username:key. A username is optional, but one
// that is sent must be the right one.
func (w World) accepts(authorization string) bool {
	scheme, credential, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return false
	}
	if same(credential, w.APIKey) {
		return true
	}
	decoded, err := base64.StdEncoding.DecodeString(credential)
	return err == nil && w.Username != "" && same(string(decoded), w.Username+":"+w.APIKey)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
