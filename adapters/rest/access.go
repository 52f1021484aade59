package rest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/core/flow/settlement"
	"github.com/kvitt/kvitt/ports"
)

type callerKey struct{}

// callerOf gives the key by which a request came in; it is zero on open routes.
func callerOf(c *gin.Context) ports.APIKey { return caller(c.Request.Context()) }

func caller(ctx context.Context) ports.APIKey {
	key, _ := ctx.Value(callerKey{}).(ports.APIKey)
	return key
}

// by names the caller in the audit log.
func by(ctx context.Context) string {
	key := caller(ctx)
	return key.Label + " (" + key.ID + ")"
}

// authenticate finds out who is asking.
func (s *server) authenticate(contract *contract) gin.HandlerFunc {
	return func(c *gin.Context) {
		if contract.operation(c).open() {
			return
		}
		plain, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
		if !ok || plain == "" {
			s.refuse(c, errNoKey("the request carries no API key"))
			return
		}
		ctx := c.Request.Context()
		key, err := s.key(ctx, plain)
		if err != nil {
			s.refuse(c, err)
			return
		}
		c.Request = c.Request.WithContext(context.WithValue(ctx, callerKey{}, key))
	}
}

func errNoKey(reason string) error {
	return fault.New(CodeNoKey, fault.Auth, reason).WithRemedy("send the header Authorization: Bearer and an API key")
}

// authorise checks that the caller's scope may make the call, and that a merchant
// reaches only its own things. What belongs to somebody else is not found, as if
// it did not exist.
func (s *server) authorise(contract *contract) gin.HandlerFunc {
	return func(c *gin.Context) {
		operation := contract.operation(c)
		if operation.open() {
			return
		}
		key := callerOf(c)
		if !slices.Contains(operation.scopes, key.Scope) {
			s.refuse(c, errScope(key.Scope))
			return
		}
		if err := s.reach(c, key); err != nil {
			s.refuse(c, err)
		}
	}
}

// reach checks that what the path names exists and, for a key of scope merchant,
// that it is the merchant's own.
func (s *server) reach(c *gin.Context, key ports.APIKey) error {
	find := owner(c.FullPath())
	if find == nil {
		return nil
	}
	var merchantID string
	err := s.Store.View(c.Request.Context(), func(ctx context.Context, tx ports.Tx) error {
		var err error
		merchantID, err = find(ctx, tx, c.Param("id"))
		return err
	})
	if fault.CodeOf(err) == ports.CodeNotFound {
		return errNotFound()
	}
	if err == nil && key.Scope == ports.ScopeMerchant && merchantID != key.MerchantID {
		return errNotFound()
	}
	return err
}

// owner gives the way to find the merchant to whom the resource of a route
// belongs, or nil for what belongs to nobody.
func owner(route string) func(ctx context.Context, tx ports.Tx, id string) (string, error) {
	switch collection, rest, _ := strings.Cut(strings.TrimPrefix(route, "/v1/"), "/"); {
	case !strings.HasPrefix(rest, ":id"):
		return nil
	case collection == "merchants":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			m, err := tx.Merchants().Get(ctx, id)
			return m.ID, err
		}
	case collection == "connections":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			r, err := tx.Connections().Get(ctx, id)
			return r.MerchantID, err
		}
	case collection == "flows":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			f, err := tx.Flows().Get(ctx, id)
			return f.MerchantID, err
		}
	case collection == "runs":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			r, err := tx.Runs().Get(ctx, id)
			return r.MerchantID, err
		}
	case collection == "payouts":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			p, err := tx.Payouts().Get(ctx, id)
			return p.MerchantID, err
		}
	case collection == "suspense":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			payoutID, ok := settlement.SuspensePayout(id)
			if !ok {
				return "", errNotFound()
			}
			p, err := tx.Payouts().Get(ctx, payoutID)
			return p.MerchantID, err
		}
	case collection == "lines":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return "", errNotFound()
			}
			l, err := tx.Lines().Get(ctx, n)
			if err != nil {
				return "", err
			}
			p, err := tx.Payouts().Get(ctx, l.PayoutID)
			return p.MerchantID, err
		}
	case collection == "events":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			e, err := tx.Events().Get(ctx, id)
			return e.MerchantID, err
		}
	case collection == "callbacks":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			c, err := tx.Callbacks().Get(ctx, id)
			return c.MerchantID, err
		}
	case collection == "exceptions":
		return func(ctx context.Context, tx ports.Tx, id string) (string, error) {
			e, err := tx.Exceptions().Get(ctx, id)
			return e.MerchantID, err
		}
	}
	return nil
}
