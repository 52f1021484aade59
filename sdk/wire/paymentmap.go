package wire

import (
	"github.com/kvitt/kvitt/core/exchange"
	"github.com/kvitt/kvitt/core/ledger"
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

// writeRequest is what the requests of all writes share.
type writeRequest interface {
	GetCall() *pb.Call
	GetKey() string
	GetAttempt() int32
}

func fromWrite(m *mapping, in writeRequest) ports.Write {
	return ports.Write{Call: fromCall(m, in.GetCall()), Key: in.GetKey(), Attempt: int(in.GetAttempt())}
}

func toPaymentRequest(m *mapping, r ports.PaymentRequest) *pb.EnsurePaymentRequest {
	return &pb.EnsurePaymentRequest{
		Call:          toCall(m, r.Call),
		Key:           r.Key,
		Attempt:       m.toInt32("attempt", r.Attempt),
		Payment:       toPayment(m, r.Payment),
		Known:         r.Known,
		BalanceBefore: m.toMoney(r.BalanceBefore),
	}
}

func fromPaymentRequest(m *mapping, in *pb.EnsurePaymentRequest) ports.PaymentRequest {
	return ports.PaymentRequest{
		Write:         fromWrite(m, in),
		Payment:       fromPayment(m, in.GetPayment()),
		Known:         in.GetKnown(),
		BalanceBefore: m.fromMoney("balance_before", in.GetBalanceBefore()),
	}
}

func toPayment(m *mapping, p ports.Payment) *pb.Payment {
	return &pb.Payment{
		DocumentNumber: p.DocumentNumber,
		DocumentKind:   toEnum(m, "payment.document_kind", documentKinds(), p.DocumentKind),
		Amount:         m.toMoney(p.Amount),
		Account:        string(p.Account),
		Date:           p.Date.String(),
		Text:           p.Text,
		WriteOffs:      each(m, "payment.write_offs", p.WriteOffs, toWriteOff),
		Exchange:       toExchange(m, p.Exchange),
	}
}

func toWriteOff(m *mapping, w ports.WriteOff) *pb.WriteOff {
	return &pb.WriteOff{Account: string(w.Account), Amount: m.toMoney(w.Amount), Reason: w.Reason, Text: w.Text}
}

func toExchange(m *mapping, x *ports.Exchange) *pb.Exchange {
	if x == nil {
		return nil
	}
	return &pb.Exchange{
		Original: m.toMoney(x.Original),
		Rate: &pb.Rate{
			From: string(x.Rate.From), To: string(x.Rate.To), Value: toDecimal(x.Rate.Value),
			Source: string(x.Rate.Source), On: x.Rate.On.String(),
		},
		Difference: toWriteOff(m, x.Difference),
	}
}

func fromPayment(m *mapping, in *pb.Payment) ports.Payment {
	return ports.Payment{
		DocumentNumber: in.GetDocumentNumber(),
		DocumentKind:   fromEnum(m, "payment.document_kind", documentKinds(), in.GetDocumentKind()),
		Amount:         m.fromMoney("payment.amount", in.GetAmount()),
		Account:        ledger.Account(in.GetAccount()),
		Date:           m.fromDate("payment.date", in.GetDate()),
		Text:           in.GetText(),
		WriteOffs:      each(m, "payment.write_offs", in.GetWriteOffs(), fromWriteOff),
		Exchange:       fromExchange(m, in.GetExchange()),
	}
}

func fromWriteOff(m *mapping, w *pb.WriteOff) ports.WriteOff {
	return ports.WriteOff{
		Account: ledger.Account(w.GetAccount()), Amount: m.fromMoney("amount", w.GetAmount()),
		Reason: w.GetReason(), Text: w.GetText(),
	}
}

func fromExchange(m *mapping, in *pb.Exchange) *ports.Exchange {
	if in == nil {
		return nil
	}
	rate := in.GetRate()
	return &ports.Exchange{
		Original: m.fromMoney("payment.exchange.original", in.GetOriginal()),
		Rate: exchange.Rate{
			From: m.fromCurrency("payment.exchange.rate.from", rate.GetFrom()), To: m.fromCurrency("payment.exchange.rate.to", rate.GetTo()),
			Value: m.fromDecimal("payment.exchange.rate.value", rate.GetValue()), Source: exchange.Source(rate.GetSource()),
			On: m.fromDate("payment.exchange.rate.on", rate.GetOn()),
		},
		Difference: fromWriteOff(m, in.GetDifference()),
	}
}

func toPaymentResult(m *mapping, r ports.PaymentResult) *pb.EnsurePaymentResponse {
	return &pb.EnsurePaymentResponse{Number: r.Number, Outcome: toOutcome(m, r.Outcome), Usage: toUsage(m, r.Usage)}
}

func fromPaymentResult(m *mapping, in *pb.EnsurePaymentResponse) ports.PaymentResult {
	return ports.PaymentResult{
		Number: in.GetNumber(), Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage()),
	}
}

func toListPaymentsRequest(m *mapping, r ports.ListPaymentsRequest) *pb.ListPaymentsRequest {
	return &pb.ListPaymentsRequest{Call: toCall(m, r.Call), DocumentNumber: r.DocumentNumber}
}

func fromListPaymentsRequest(m *mapping, in *pb.ListPaymentsRequest) ports.ListPaymentsRequest {
	return ports.ListPaymentsRequest{Call: fromCall(m, in.GetCall()), DocumentNumber: in.GetDocumentNumber()}
}

func toPaymentList(m *mapping, l ports.PaymentList) *pb.ListPaymentsResponse {
	return &pb.ListPaymentsResponse{
		Payments: each(m, "payments", l.Payments, func(m *mapping, p ports.RegisteredPayment) *pb.RegisteredPayment {
			return &pb.RegisteredPayment{
				Number: p.Number, Amount: m.toMoney(p.Amount), Account: string(p.Account),
				Date: p.Date.String(), Booked: p.Booked,
			}
		}),
		Usage: toUsage(m, l.Usage),
	}
}

func fromPaymentList(m *mapping, in *pb.ListPaymentsResponse) ports.PaymentList {
	return ports.PaymentList{
		Payments: each(m, "payments", in.GetPayments(), func(m *mapping, p *pb.RegisteredPayment) ports.RegisteredPayment {
			return ports.RegisteredPayment{
				Number: p.GetNumber(), Amount: m.fromMoney("amount", p.GetAmount()), Account: ledger.Account(p.GetAccount()),
				Date: m.fromDate("date", p.GetDate()), Booked: p.GetBooked(),
			}
		}),
		Usage: fromUsage(m, in.GetUsage()),
	}
}
