package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// notify sends the message that a payout was paid: POST /_sim/payouts/{id}/notify with
// {"url": "http://..."}. Its answer says how the receiver has answered.
func (s *server) notify(w http.ResponseWriter, r *http.Request) {
	var to struct{ URL string }
	if err := json.NewDecoder(r.Body).Decode(&to); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_url")
		return
	}
	id := r.PathValue("id")
	body := fmt.Sprintf(`{"id":"evt_%s","type":"payout.paid","payout":%q}`, id, id)
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, to.URL, strings.NewReader(body))
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_url")
		return
	}
	signature := hmac.New(sha256.New, []byte(s.world.WebhookSecret))
	signature.Write([]byte(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Webhook-Signature", hex.EncodeToString(signature.Sum(nil)))
	received, err := http.DefaultClient.Do(request)
	if err != nil {
		refuse(w, http.StatusBadGateway, "not_received")
		return
	}
	defer received.Body.Close()
	answer(w, map[string]int{"status": received.StatusCode})
}
