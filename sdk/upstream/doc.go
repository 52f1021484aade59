// Package upstream is the HTTP client that connectors call remote systems with.
//
// A Client lives for one call of the hub. It spends no more requests than the
// hub granted, counts each one, calls only hosts that the connector has declared
// or the operator has put in their place, follows no redirect, and says of every
// failure whether the request may have taken effect:
//
//	client := upstream.New(config, req.Call)
//	answer, err := client.Do(ctx, upstream.Request{Method: "GET", URL: "https://api.example.com/v1/payouts"})
//	if err != nil {
//		return ports.PayoutPage{}, client.Failed(err)
//	}
//	return ports.PayoutPage{Raw: []ports.RawPage{answer.Raw()}, Usage: client.Usage()}, nil
package upstream
