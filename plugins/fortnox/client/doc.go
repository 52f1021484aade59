// Package client speaks HTTP with Fortnox's REST API (version 3): one method for
// each request that the connector makes, with types that take the API's mixture
// of numbers, texts for numbers, empty texts and nulls.
//
// It decides nothing about accounting. It says of each failure what Fortnox said
// and whether the request may have taken effect.
package client
