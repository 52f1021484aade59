package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"

	"github.com/kvitt/kvitt/core/fault"
	"github.com/kvitt/kvitt/plugins/klarna/client"
	"github.com/kvitt/kvitt/ports"
	"github.com/kvitt/kvitt/sdk/upstream"
)

// expectCapability in VerifyRequest.Expect lists the capabilities that the enabled flows
// use.
const expectCapability = "capability"

// Verify checks the connection as Klarna's guides suggest, reading only: does the
// key belong to the environment, do the credentials open the settlements, are
// they those of the merchant id, and may they read orders, if that is needed.
func (c *Connector) Verify(ctx context.Context, req ports.VerifyRequest) (ports.VerifyReport, error) {
	a, err := readAccount(req.Connection)
	if err != nil {
		return ports.VerifyReport{}, ports.WithUsage(err, ports.Usage{})
	}
	return upstream.Serve(func() (*client.Client, error) { return c.client(a, req.Call), nil }, func(remote *client.Client) (ports.VerifyReport, error) {
		return verify(ctx, a, remote, req.Expect)
	})
}

func verify(ctx context.Context, a account, remote *client.Client, expect map[string][]string) (ports.VerifyReport, error) {
	environment := checkEnvironment(a)
	report := ports.VerifyReport{Checks: []ports.Check{environment}, AccountID: a.merchantID, AccountName: a.name(a.merchantID)}
	if environment.State == ports.CheckFailed {
		return report, nil // the key is not sent to where it does not belong
	}
	page, settled := remote.Payouts(ctx, client.PayoutsQuery{Size: 1})
	settlements, err := outcome("settlements", "Settlements API", "Klarna shows the merchant's payouts", settled)
	if err != nil {
		return ports.VerifyReport{}, err
	}
	ordered := readNoOrder(ctx, remote)
	orders, err := outcome("orders", "Order Management API", "Klarna lets orders be read", ordered)
	if err != nil {
		return ports.VerifyReport{}, err
	}
	if settlements.State == ports.CheckOK || orders.State == ports.CheckOK {
		// Where neither opens it is the key that is wrong, which says nothing of rights.
		report.Capabilities = slices.Concat(
			stated(settlements, settled, ports.CapabilityPayouts), stated(orders, ordered, ports.CapabilityPurchases))
	}
	used := expect[expectCapability]
	needsOrders, needsPayouts := slices.Contains(used, string(ports.CapabilityPurchases)), slices.Contains(used, string(ports.CapabilityPayouts))
	onlyOrders := orders.State == ports.CheckOK && fault.ClassOf(settled) == fault.Auth
	if settlements.State == ports.CheckFailed && !needsPayouts && (needsOrders || onlyOrders) {
		settlements.State = ports.CheckWarning // Klarna gives access to its APIs one by one
	}
	report.Checks = append(report.Checks, settlements)
	if settlements.State == ports.CheckOK {
		merchant, found := checkMerchant(a, page)
		report.Checks = append(report.Checks, merchant)
		report.AccountID, report.AccountName = found, a.name(found)
	}
	// What no flow uses is no item, unless it is all that the credentials open.
	if needsOrders || onlyOrders {
		report.Checks = append(report.Checks, orders)
	}
	return report, nil
}

// stated says of a capability what a check has found of the right to it. What failed for
// another reason than a right says nothing.
func stated(check ports.Check, err error, capability ports.Capability) []ports.CapabilityCheck {
	said := ports.CapabilityCheck{Capability: capability, State: ports.CapabilityVerified, Detail: check.Detail}
	switch {
	case err == nil:
	case fault.ClassOf(err) == fault.Auth:
		said.State, said.Remedy = ports.CapabilityRefused, check.Remedy
	default:
		return nil
	}
	return []ports.CapabilityCheck{said}
}

func (a account) name(merchantID string) string {
	if a.onPlatform() == kustom {
		return "Kustom " + merchantID
	}
	return "Klarna " + merchantID
}

func checkEnvironment(a account) ports.Check {
	check := ports.Check{Name: "environment", State: ports.CheckOK}
	switch f := fault.Of(a.keyFits()); {
	case f != nil:
		check.State, check.Detail, check.Remedy = ports.CheckFailed, f.Reason, f.Remedy
	case a.keyEnvironment() == "":
		check.Detail = "the key is of an older form that does not name its environment; " + a.Environment + " is taken from the settings"
	default:
		check.Detail = "the key belongs to " + a.Environment
	}
	return check
}

// outcome makes a check of an answer, with what to do at Klarna.
func outcome(name, api, good string, err error) (ports.Check, error) {
	check, failed := upstream.Check(name, good, err)
	switch class := fault.ClassOf(err); {
	case failed != nil || err == nil:
	case class == fault.Auth:
		check.Remedy = "check key, username, region and environment; ask Klarna for access to the " + api + " if they are right"
	case check.Remedy == "":
		check.Remedy = "check region, platform and the host of settlements"
	}
	return check, failed
}

// checkMerchant compares the merchant id with the one in Klarna's answer, which
// it gives if there is one: a new merchant or the playground has no payouts.
func checkMerchant(a account, page client.Page[client.Payout]) (ports.Check, string) {
	check := ports.Check{Name: "merchant_id", State: ports.CheckOK}
	if len(page.Items) == 0 || page.Items[0].Value.MerchantID == "" {
		check.State = ports.CheckWarning
		check.Detail = "there is no payout yet from which the merchant id could be seen"
		check.Remedy = "check the connection again after the first payout"
		return check, a.merchantID
	}
	found := page.Items[0].Value.MerchantID
	if found != a.merchantID {
		check.State = ports.CheckFailed
		check.Detail = "the credentials are those of merchant id " + found + ", not " + a.merchantID
		check.Remedy = "enter the merchant id of the credentials, or the credentials of the merchant id"
		return check, found
	}
	check.Detail = "the credentials are those of merchant id " + found
	return check, found
}

// readNoOrder asks for an order that does not exist: that it is not found proves that
// orders may be read.
func readNoOrder(ctx context.Context, remote *client.Client) error {
	_, _, err := remote.Order(ctx, randomUUID())
	if fault.ClassOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// randomUUID gives a version 4 UUID.
func randomUUID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
