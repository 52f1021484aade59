package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kvitt/kvitt/sdk/simulator"
)

func TestTheCommandServesTheSettlementsAPI(t *testing.T) {
	t.Parallel()
	handler, err := build([]byte(`{"merchant_id":"K123456","api_key":"klarna_test_api_SECRET"}`), simulator.New(time.Now()))
	require.NoError(t, err)
	request := httptest.NewRequest(http.MethodGet, "/settlements/v1/payouts", nil)
	request.Header.Set("Authorization", "Basic klarna_test_api_SECRET")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	require.JSONEq(t, `{"payouts":[],"pagination":{"count":0,"total":0,"offset":0}}`, answer.Body.String())
}

func TestTheCommandRefusesAWorldWithoutAMerchant(t *testing.T) {
	t.Parallel()
	_, err := build([]byte(`{}`), simulator.New(time.Now()))
	require.ErrorContains(t, err, "merchant_id")
}

func TestAMerchantIsToldByItsKey(t *testing.T) {
	t.Parallel()
	claim, err := claims([]byte(`{"merchant_id":"K123456","username":"u","api_key":"SECRET"}`))
	require.NoError(t, err)
	for header, want := range map[string]bool{"Basic SECRET": true, "Basic dTpTRUNSRVQ=": true, "Basic OTHER": false, "": false} {
		request := httptest.NewRequest(http.MethodGet, "/settlements/v1/payouts", nil)
		request.Header.Set("Authorization", header)
		require.Equal(t, want, claim(request), header)
	}
}
