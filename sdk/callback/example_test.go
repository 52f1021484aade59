package callback_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/sdk/callback"
)

func Example() {
	scheme := callback.Body("X-Shopify-Hmac-SHA256", callback.InBase64)
	arrived := callback.Message{
		Header: http.Header{"X-Shopify-Hmac-Sha256": {"Y2nfNegoqnDHjVujgO2rIDavtIcNLN1l/PYuzQSmKeU="}},
		Body:   []byte(`{"id":820982911946154508,"name":"#1001","total_price":"1250.00","currency":"SEK"}`),
	}
	old, fresh := callback.Text("shpss_kvitt_test"), callback.Text("shpss_kvitt_next")
	fmt.Println(scheme.Verify(arrived, time.Now(), old, fresh))
	arrived.Body = []byte(`{"id":1}`)
	fmt.Println(fault.CodeOf(scheme.Verify(arrived, time.Now(), old, fresh)))
	// Output:
	// <nil>
	// callback.signature_invalid
}
